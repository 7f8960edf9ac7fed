"""What an answer loses against premium's."""

import functools
import logging
from collections.abc import Callable

from tokenomics_shared.effects import Call, Steps
from tokenomics_shared.errors import JudgeError
from tokenomics_shared.judge import compare, conclusion, same_conclusion
from tokenomics_shared.ports import Account
from tokenomics_shared.types import Strategy

Compare = Callable[[str, str, str], float | None]
"""`(question, given answer, premium's answer) -> loss` of the first, -1 to 1; None if unclear."""

_log = logging.getLogger("tokenomics.audit")

_LOSSES = {"baseline": 1.0, "equivalent": 0.0, "optimized": -1.0}


class Versus:
    """Sets an answer beside premium's.

    By the user's function, where there is one; else by what both conclude, where both state
    something definite: the same loses nothing, anything else all, premium's being what is
    measured against. A model is asked about the rest. Whether two texts say the same can be found
    in this process, but not that they don't; findings of one sort alone would flatter, so without
    a model nothing is said of prose.
    """

    def __init__(self, own: Compare | None, model: Strategy | None) -> None:
        """Make it.

        Args:
            own: the user's.
            model: the arm that is asked where nothing else tells; None for nobody.
        """
        self._own = own
        self._model = model

    def decides(self, given: str) -> bool:
        """Whether a comparison of this answer with another may tell anything."""
        if self._own is not None or self._model is not None or conclusion(given) is not None:
            return True
        _say_that_prose_is_not_compared()
        return False

    def loss(
        self, question: str, given: str, best: str, account: Account | None
    ) -> Steps[float | None]:
        """What was lost, -1 to 1; None when that can't be told.

        Args:
            question: what was asked.
            given: the answer that is looked at.
            best: premium's.
            account: where a model's calls are charged; None to ask no model.

        Raises:
            JudgeError: the user's function gave no loss.
            CallFailed: the model call failed.
        """
        own = self._own
        if own is not None:
            return _checked((yield from Call(lambda: own(question, given, best))))
        if conclusion(given) is not None and conclusion(best) is not None:
            return 0.0 if same_conclusion(given, best) else 1.0
        if self._model is None or account is None:
            return None
        found = yield from compare(question, given, best, self._model, account)
        return _LOSSES[found.winner] if found.confidence else None


@functools.cache
def _say_that_prose_is_not_compared() -> None:
    _log.warning(
        "answers without a definite conclusion are not audited: which of two texts is better "
        "only a model can tell; name one in judge.model, or give a function as audit.compare"
    )


def _checked(loss: float | None) -> float | None:
    if loss is None:
        return None
    if -1.0 <= loss <= 1.0:
        return float(loss)
    raise JudgeError(f"audit.compare must give a loss from -1 to 1, or None, gave {loss!r}")
