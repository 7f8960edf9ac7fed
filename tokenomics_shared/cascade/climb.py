"""Climbing a ladder: generate, judge, accept or go up; fall back when a tier fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tokenomics_shared.cascade.asking import Limits, NoLimits, ask
from tokenomics_shared.effects import Flush, Steps
from tokenomics_shared.errors import CallFailed
from tokenomics_shared.ports import Account
from tokenomics_shared.types import Prompt, Reply, Strategy, Verdict

_UNLIMITED = NoLimits()


def _itself(reply: Reply) -> None:  # noqa: ARG001 -- a draft stands for nothing else
    return None


@dataclass(frozen=True, slots=True)
class Climbed:
    """How a climb ended.

    Attributes:
        reply: the answer.
        strategy: the arm that gave it.
        verdict: the judge's finding on it; None when it was not judged.
        rejected: the finding on the draft that was not good enough; None when there was none.
        draft: that draft.
        adopted: the reply is one that the draft stood for.
    """

    reply: Reply
    strategy: Strategy
    verdict: Verdict | None = None
    rejected: Verdict | None = None
    draft: Reply | None = None
    adopted: bool = False


Judged = Callable[[Strategy, Reply], Steps[Verdict]]
"""Judges what an arm answered."""


@dataclass(frozen=True, slots=True)
class Drafting:
    """How the rungs are asked, which need not be by the request as it came.

    Attributes:
        prompt: what drafts are asked.
        last: what the last rung is asked.
        adopt: what a draft stands for, without being judged; None when it stands for itself.
        limits: guards against answers that run away.
    """

    prompt: Prompt
    last: Prompt
    adopt: Callable[[Reply], Reply | None] = _itself
    limits: Limits = _UNLIMITED


def climb(
    ladder: Sequence[Strategy],
    drafting: Drafting,
    judged: Judged,
    account: Account,
    permanent: Callable[[Exception, Strategy], bool],
) -> Steps[Climbed]:
    """Answer from the lowest rung whose answer is good enough.

    The last rung is never judged: there is nowhere left to go. A rung that fails is stepped over,
    unless part of its answer has been seen or the failure is permanent.

    Args:
        ladder: the arms to ask in order, at least one.
        drafting: how the rungs are asked.
        judged: judges every answer but the last rung's, by the request as it came.
        account: where calls are charged.
        permanent: whether asking the arms above can't help against an arm's failure.

    Raises:
        CallFailed: the last rung failed, or one whose failure must not be stepped over.
    """
    rejected: Verdict | None = None
    draft: Reply | None = None
    for strategy in ladder[:-1]:
        try:
            reply = yield from ask(
                strategy, drafting.prompt, "draft", "hold", account, drafting.limits
            )
        except CallFailed as failed:
            if failed.shown or permanent(failed.cause, strategy):
                raise
            account.note(f"fallback:{strategy.arm_id}:{type(failed.cause).__name__}")
            continue
        adopted = drafting.adopt(reply)
        if adopted is not None:
            yield from Flush(adopted)
            return Climbed(adopted, strategy, adopted=True)
        drafting.limits.answered(strategy, reply)
        verdict = yield from judged(strategy, reply)
        if verdict.accepted or reply.shown:
            yield from Flush(reply)
            return Climbed(reply, strategy, verdict)
        rejected, draft = verdict, reply
        account.note(f"escalate:{strategy.arm_id}:{verdict.reason}")
    last = ladder[-1]
    reply = yield from ask(last, drafting.last, "answer", "live", account, drafting.limits)
    drafting.limits.answered(last, reply)
    return Climbed(reply, last, None, rejected, draft)
