"""Several judges, one verdict."""

from dataclasses import replace
from functools import partial
from typing import Protocol, runtime_checkable

from tokenomics_shared.effects import Call, Steps
from tokenomics_shared.errors import JudgeError
from tokenomics_shared.ports import Account, AskingJudge, Judge
from tokenomics_shared.types import Prompt, Reply, Verdict

_FAILED = Verdict(accepted=False, score=0.0, reason="judge failed", abstained=True)
"""It says nothing of the answer; unlike a judge that abstains, one that fails is never passed
over."""
_SILENT = Verdict(accepted=False, score=0.0, reason="nothing to judge by", abstained=True)


@runtime_checkable
class Selective(Protocol):
    """A judge of what not every answer has: log-probabilities, a reference.

    Attributes:
        selective: when it abstains, the other judges decide as if it were not there.
    """

    @property
    def selective(self) -> bool:
        """Whether the others decide when it abstains."""
        ...


class Panel:
    """Asks judges in order of price until one does not accept; the last verdict is the panel's.

    Judges that compute come first, then those that may block, then those that ask models. What a
    judge on the way found likely, and what it read, is carried into the verdict.

    A judge that fails has not accepted: the answer goes up, which costs money, not quality. Nor
    has one that abstains. A selective judge that abstains is passed over, unless nobody else
    judged the text: an answer that nobody could judge is not accepted.

    Judges of the text are not asked about an answer without text, nor about one that must have a
    form: a tool call and JSON are judged by their form, which is the first judge's business.
    """

    def __init__(self, first: Judge, *of_text: Judge | AskingJudge) -> None:
        """Make a panel.

        Args:
            first: judges every answer.
            of_text: judge text answers; in order of price whatever the order here.
        """
        self._first = _Seat(first)
        self._of_text = tuple(map(_Seat, sorted(of_text, key=_price)))

    def judge(self, prompt: Prompt, reply: Reply, account: Account) -> Steps[Verdict]:
        """Judge the answer together with its question."""
        verdict = yield from self._first.finding(prompt, reply, account)
        if not verdict.accepted or not self._of_text:
            return verdict
        if reply.tool_calls or prompt.response_format is not None:
            return verdict
        findings: list[Verdict] = []
        for seat in self._of_text:
            finding = yield from seat.finding(prompt, reply, account)
            if finding.abstained and finding is not _FAILED and seat.selective:
                continue
            findings.append(finding)
            if not finding.accepted:
                break
        return _together(findings) if findings else _SILENT


def _price(judge: Judge | AskingJudge) -> int:
    """The place of a kind of judge in the order of price."""
    if isinstance(judge, AskingJudge):
        return 2
    return 1 if judge.blocking else 0


class _Seat:
    """A judge, and what it is: found out once, since asking a protocol takes longer than most."""

    def __init__(self, judge: Judge | AskingJudge) -> None:
        self._name = type(judge).__name__
        self._selects = judge if isinstance(judge, Selective) else None
        self._ask = judge.ask if isinstance(judge, AskingJudge) else partial(_compute, judge)

    @property
    def selective(self) -> bool:
        """Whether the others decide when it abstains."""
        return self._selects is not None and self._selects.selective

    def finding(self, prompt: Prompt, reply: Reply, account: Account) -> Steps[Verdict]:
        """Its verdict; a rejection when it fails or its verdict is none."""
        verdict = _FAILED
        with account.shield("judge"):
            verdict = _sound((yield from self._ask(prompt, reply, account)), self._name)
        return verdict


def _compute(judge: Judge, prompt: Prompt, reply: Reply, account: Account) -> Steps[Verdict]:  # noqa: ARG001 -- as others ask
    """The verdict of a judge that asks no model."""
    if judge.blocking:
        return (yield from Call(lambda: judge.judge(prompt, reply)))
    return judge.judge(prompt, reply)


def _sound(verdict: Verdict, name: str) -> Verdict:
    """A verdict whose numbers are what they must be.

    Raises:
        JudgeError: a judge gave another.
    """
    for number in (verdict.score, verdict.likelihood):
        if number is not None and not 0.0 <= number <= 1.0:
            raise JudgeError(f"judge {name} must judge from 0 to 1, gave {number!r}")
    if verdict.abstained and verdict.accepted:
        raise JudgeError(f"judge {name} abstained and accepted at once")
    return verdict


def _together(findings: list[Verdict]) -> Verdict:
    """The last finding, with what those before it knew and it does not."""
    last = findings[-1]
    if len(findings) == 1:
        return last
    likelihood = features = None
    for finding in findings:
        if finding.likelihood is not None:
            likelihood = finding.likelihood
        if finding.features is not None:
            features = finding.features
    return replace(last, likelihood=likelihood, features=features)
