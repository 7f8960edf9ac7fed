"""Climbing a ladder: generate, judge, accept or go up; fall back when a tier fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tokenomics_shared.effects import Flush, Generate, Steps
from tokenomics_shared.errors import CallFailed
from tokenomics_shared.ports import Account
from tokenomics_shared.types import Prompt, Reply, Strategy, Verdict


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
    """How drafts are asked for, where that is not by the request as it came.

    Attributes:
        prompt: what drafts are asked.
        last: what the last rung is asked.
        adopt: what a draft stands for, without being judged; None when it stands for itself.
    """

    prompt: Prompt
    last: Prompt
    adopt: Callable[[Reply], Reply | None]


def climb(
    ladder: Sequence[Strategy],
    prompt: Prompt,
    judged: Judged,
    account: Account,
    permanent: Callable[[Exception], bool],
    drafting: Drafting | None = None,
) -> Steps[Climbed]:
    """Answer from the lowest rung whose answer is good enough.

    The last rung is never judged: there is nowhere left to go. A rung that fails is stepped over,
    unless part of its answer has been seen or the failure is permanent.

    Args:
        ladder: the arms to ask in order, at least one.
        prompt: the request.
        judged: judges every answer but the last rung's.
        account: where calls are charged.
        permanent: whether asking another model can't help against a failure.
        drafting: how the rungs are asked; all of them as the request came when None. Answers are
            judged by the request as it came in any case.

    Raises:
        CallFailed: the last rung failed, or one whose failure must not be stepped over.
    """
    drafting = drafting or Drafting(prompt, prompt, lambda _: None)
    rejected: Verdict | None = None
    draft: Reply | None = None
    for strategy in ladder[:-1]:
        try:
            with account.leg(strategy, drafting.prompt, "draft") as leg:
                reply = yield from Generate(strategy, drafting.prompt, "hold")
                leg.settle(reply)
        except CallFailed as failed:
            if failed.shown or permanent(failed.cause):
                raise
            account.note(f"fallback:{strategy.arm_id}:{type(failed.cause).__name__}")
            continue
        adopted = drafting.adopt(reply)
        if adopted is not None:
            yield from Flush(adopted)
            return Climbed(adopted, strategy, adopted=True)
        verdict = yield from judged(strategy, reply)
        if verdict.accepted or reply.shown:
            yield from Flush(reply)
            return Climbed(reply, strategy, verdict)
        rejected, draft = verdict, reply
        account.note(f"escalate:{strategy.arm_id}:{verdict.reason}")
    last = ladder[-1]
    with account.leg(last, drafting.last, "answer") as leg:
        reply = yield from Generate(last, drafting.last, "live")
        leg.settle(reply)
    return Climbed(reply, last, None, rejected, draft)
