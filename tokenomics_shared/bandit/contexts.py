"""Making contexts: what is known of a question when the arm is chosen."""

from typing import Any, Protocol

from tokenomics_shared.bandit.kinds import has_code, kind_of
from tokenomics_shared.bandit.posterior import Space
from tokenomics_shared.bandit.surface import WIDTH, surface
from tokenomics_shared.learning import Context, Kind
from tokenomics_shared.types import Complexity


class Projection(Protocol):
    """Reads what routing wants to know from an embedding.

    Attributes:
        basis: changes whenever its numbers would.
        width: how many numbers it gives.
    """

    @property
    def basis(self) -> str:
        """What its numbers are stamped with."""
        ...

    @property
    def width(self) -> int:
        """Numbers that a vector becomes."""
        ...

    def features(self, vector: Any) -> tuple[float, ...]:
        """The vector in few numbers."""
        ...

    def kind(self, vector: Any) -> Kind | None:
        """What the text asks for; None when it can't tell."""
        ...


class Contexts:
    """Makes a question's context, with an embedding or without.

    Example:
        >>> context = Contexts().context("What is 2 + 2?", "simple")
        >>> context.kind, len(context.features)
        ('maths', 9)

    Attributes:
        space: how many features there are, and what they are.
    """

    def __init__(self, projection: Projection | None = None) -> None:
        self._projection = projection
        self._missing = (0.0,) * (projection.width if projection else 0)
        basis = f"surface-1+{projection.basis}" if projection else "surface-1"
        self.space = Space(WIDTH + len(self._missing) + 1, basis)

    def context(self, question: str, complexity: Complexity, vector: Any = None) -> Context:
        """What is known of a question.

        Args:
            question: its text.
            complexity: how hard it looks.
            vector: its embedding; without one the projected features are zero, the average.
        """
        projection = self._projection
        if projection is None or vector is None:
            return Context(
                kind_of(question), complexity, (*surface(question), *self._missing, 1.0)
            )
        # Code shows on the surface more surely than in an embedding.
        kind = "code" if has_code(question) else projection.kind(vector) or kind_of(question)
        features = (*surface(question), *projection.features(vector), 1.0)
        return Context(kind, complexity, features)


class NoContexts:
    """Reads nothing of questions, for routing that learns nothing of them."""

    space = Space(1, "nothing")
    _same = Context("chat", "medium", (1.0,))

    def context(self, question: str, complexity: Complexity, vector: Any = None) -> Context:  # noqa: ARG002 -- as Contexts
        """The same for all."""
        return self._same
