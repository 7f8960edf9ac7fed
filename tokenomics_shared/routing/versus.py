"""What an answer loses against premium's."""

from collections.abc import Callable

from tokenomics_shared.effects import Call, Steps
from tokenomics_shared.errors import JudgeError
from tokenomics_shared.judge import compare, conclusion, same_conclusion
from tokenomics_shared.ports import Account
from tokenomics_shared.types import Strategy

Compare = Callable[[str, str, str], float | None]
"""`(question, given answer, premium's answer) -> loss` of the first, -1 to 1; None if unclear."""

Agree = Callable[[str, str], bool]
"""Whether two answers say the same; False also when that can't be told."""

_LOSSES = {"baseline": 1.0, "equivalent": 0.0, "optimized": -1.0}


class Versus:
    """Sets an answer beside premium's.

    By the user's function, where there is one; else what can be told here: answers that say the
    same lose nothing, and short ones that come to something else lose all, premium's being what
    is measured against. A model is asked about the rest.
    """

    def __init__(self, own: Compare | None, agree: Agree, model: Strategy | None) -> None:
        """Make it.

        Args:
            own: the user's.
            agree: whether two answers say the same.
            model: the arm that is asked where nothing else tells; None for nobody.
        """
        self._own = own
        self._agree = agree
        self._model = model

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
        if same_conclusion(given, best) or (yield from Call(lambda: self._agree(given, best))):
            return 0.0
        if conclusion(given) is not None and conclusion(best) is not None:
            return 1.0
        if self._model is None or account is None:
            return None
        found = yield from compare(question, given, best, self._model, account)
        return _LOSSES[found.winner] if found.confidence else None


def _checked(loss: float | None) -> float | None:
    if loss is None:
        return None
    if -1.0 <= loss <= 1.0:
        return float(loss)
    raise JudgeError(f"audit.compare must give a loss from -1 to 1, or None, gave {loss!r}")
