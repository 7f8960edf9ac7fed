"""Agreement: a second cheap model is asked the same, and comes to the same answer."""

from collections.abc import Callable

from tokenomics_shared.effects import Call, Generate, Steps
from tokenomics_shared.judge.checks import Checks
from tokenomics_shared.judge.conclusion import same_conclusion
from tokenomics_shared.ports import Account
from tokenomics_shared.types import Prompt, Reply, Strategy, Verdict

Agrees = Callable[[str, str, str], bool]
"""`(question, one answer, another) -> whether they say the same`."""

_CHECKS = Checks()


def conclusions_agree(question: str, first: str, second: str) -> bool:  # noqa: ARG001 -- Agrees
    """Whether two answers come to the same conclusion, by their text alone."""
    return same_conclusion(first, second)


class AgreementJudge:
    """Accepts what a second model answers too.

    Two cheap models that agree are right far more often than either of them, without training
    (AutoMix and semantic-agreement cascades, arXiv 2310.12963, 2509.21837). Abstains when the
    second answer is broken as an answer.
    """

    def __init__(
        self, second: Strategy, agrees: Agrees = conclusions_agree, *, blocking: bool = False
    ) -> None:
        """Make the judge.

        Args:
            second: the arm that is asked; another model than the one whose answers are judged.
            agrees: whether two answers to a question say the same.
            blocking: `agrees` may wait, so that async callers run it in a thread.
        """
        self._second = second
        self._agrees = agrees
        self._blocking = blocking

    def ask(self, prompt: Prompt, reply: Reply, account: Account) -> Steps[Verdict]:
        """Judge by a second answer, charged to the account.

        Raises:
            CallFailed: the second model did not answer.
        """
        with account.leg(self._second, prompt, "judge") as leg:
            second = yield from Generate(self._second, prompt, "hold")
            leg.settle(second)
        broken = _CHECKS.judge(prompt, second)
        if not broken.accepted:
            return Verdict(False, 0.0, f"second answer: {broken.reason}", abstained=True)
        question, mine, other = prompt.question, reply.text, second.text
        if self._blocking:
            agree = yield from Call(lambda: self._agrees(question, mine, other))
        else:
            agree = self._agrees(question, mine, other)
        if agree:
            return Verdict(accepted=True, score=1.0)
        return Verdict(False, 0.0, f"{self._second.arm_id} answers otherwise")
