"""What happens to a request, told once for sync, async and streamed callers."""

from dataclasses import dataclass

from tokenomics_shared.bandit import Reward
from tokenomics_shared.cascade import Climbed, climb, judged
from tokenomics_shared.effects import Flush, Steps
from tokenomics_shared.judge import Checks
from tokenomics_shared.memory import objection
from tokenomics_shared.ports import Bandit, Cascade, Codec, Judge, Memory, Planner
from tokenomics_shared.resilience import is_permanent
from tokenomics_shared.telemetry import Books, OpenAccount
from tokenomics_shared.types import Memo, Outcome, Prompt, Recall, Reply, Roster, Strategy

PREMIUM_QUALITY = 1.0
"""What the bandit learns premium's answers as: they are what the others are measured against."""

_CHECKS = Checks()


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pipeline is composed of."""

    memory: Memory
    orchestrator: Planner
    bandit: Bandit
    cascade: Cascade
    judge: Judge
    reward: Reward
    books: Books


def answer(parts: Parts, prompt: Prompt, roster: Roster, codec: Codec) -> Steps[Outcome]:
    """Answer from the cheapest source that is good enough.

    Raises:
        PromptError: no model can answer this; nothing was asked.
        CallFailed: the model call that ended the request failed.
    """
    parts.orchestrator.check(prompt)
    with parts.books.open(roster) as account:
        reply = _recalled(parts, prompt, codec, account)
        if reply is not None:
            yield from Flush(reply)
        else:
            reply = yield from _asked(parts, prompt, account)
            with account.shield("memory"):
                _remember(parts, prompt, reply, codec, account)
        return account.close(reply)


def _recalled(parts: Parts, prompt: Prompt, codec: Codec, account: OpenAccount) -> Reply | None:
    """The answer that memory gives, or None."""
    with account.shield("memory"):
        recall = parts.memory.recall(prompt, account.roster)
        memo = recall.memo
        if memo is None:
            account.recall = recall
            return None
        # An entry that can't be read is no hit, and the answer that comes instead replaces it.
        account.recall = Recall(key=recall.key)
        reply = codec.thaw(memo.payload)
        account.recall = recall
        account.strategy = memo.arm_id
        account.model = memo.model
        account.answer = (memo.usage, memo.tier)
        account.note(f"hit:{recall.cache_type}")
        return reply
    return None


def _asked(parts: Parts, prompt: Prompt, account: OpenAccount) -> Steps[Reply]:
    """The answer that the models give."""
    arm, rungs = _route(parts, prompt, account)
    climbed = yield from climb(rungs, prompt, parts.judge, account, is_permanent)
    answered = account.charges[-1]
    account.strategy = climbed.strategy.arm_id
    account.model = answered.model
    account.accepted_draft = climbed.verdict is not None
    account.escalated = climbed.rejected is not None
    if prompt.pin is None:
        yield from _learn(parts, prompt, arm, climbed, account)
    return climbed.reply


def _route(
    parts: Parts, prompt: Prompt, account: OpenAccount
) -> tuple[Strategy, tuple[Strategy, ...]]:
    """The arm to start at and the rungs from there; premium alone when a part fails."""
    roster = account.roster
    arm = roster.premium
    rungs: tuple[Strategy, ...] = (arm,)
    if prompt.pin is not None:
        arm = next(arm for arm in roster.arms if arm.tier == prompt.pin)
        account.note(f"pinned:{arm.arm_id}")
        return arm, (arm,)
    with account.shield("routing"):
        plan = parts.orchestrator.plan(prompt)
        account.plan = plan
        arm = parts.bandit.choose(plan, roster)
        account.note(f"arm:{arm.arm_id}")
        rungs = parts.cascade.rungs(arm, plan, roster)
    return arm, rungs


def _learn(
    parts: Parts, prompt: Prompt, arm: Strategy, climbed: Climbed, account: OpenAccount
) -> Steps[None]:
    """Tell the bandit and the cascade how their choice turned out."""
    verdict = climbed.verdict
    is_premium = climbed.strategy is account.roster.premium
    if verdict is None and not is_premium:
        verdict = yield from judged(parts.judge, prompt, climbed.reply, account)
    with account.shield("learning"):
        account.quality = None if verdict is None else verdict.score
        quality = PREMIUM_QUALITY if verdict is None else verdict.score
        account.reckon()
        reward = parts.reward.of(quality, account.cost, account.baseline_cost, account.elapsed_s())
        if account.plan is not None:
            parts.bandit.learn(account.plan, account.roster, arm.arm_id, reward)
            account.reward = reward
            if climbed.verdict is not None or climbed.rejected is not None:
                parts.cascade.learn(account.plan, arm, escalated=climbed.rejected is not None)


def _remember(
    parts: Parts, prompt: Prompt, reply: Reply, codec: Codec, account: OpenAccount
) -> None:
    """Keep the answer, if it may be kept."""
    reason = objection(prompt, reply)
    if reason is None and prompt.response_format is not None:
        # The last rung was not judged, and kept without its form it would fail every retry.
        reason = _CHECKS.judge(prompt, reply).reason
    payload = None if reason else codec.freeze(reply)
    if payload is None:
        account.note(f"not kept:{reason or 'not JSON'}")
        return
    answered = account.charges[-1]
    memo = Memo(payload, answered.usage, answered.model, answered.tier, account.strategy)
    parts.memory.remember(account.recall, memo)
