"""What happens to a request, told once for sync, async and streamed callers."""

from dataclasses import dataclass, replace
from functools import partial

from tokenomics_shared.bandit import Reward
from tokenomics_shared.cascade import Climbed, climb, judged, with_near_miss
from tokenomics_shared.effects import Flush, Generate, Steps
from tokenomics_shared.judge import Checks
from tokenomics_shared.memory import objection, objection_to_matching
from tokenomics_shared.ports import Bandit, Cascade, Codec, Judge, Memory, Planner, Read
from tokenomics_shared.resilience import is_permanent
from tokenomics_shared.telemetry import Books, OpenAccount
from tokenomics_shared.types import (
    Memo,
    NearMiss,
    Outcome,
    Prompt,
    Recall,
    Reply,
    Roster,
    Strategy,
)

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
        reply = yield from _recalled(parts, prompt, codec, account)
        if reply is not None:
            yield from Flush(reply)
        else:
            with parts.memory.landing(account.recall):
                reply = yield from _asked(parts, prompt, codec, account)
                with account.shield("memory"):
                    _remember(parts, prompt, reply, codec, account)
        return account.close(reply)


def audit(
    parts: Parts, prompt: Prompt, roster: Roster, codec: Codec, recall: Recall
) -> Steps[Outcome]:
    """Ask anew what memory had answered, and let it learn from the difference.

    The arm that had made the kept answer is asked, so that the finding is about memory alone.

    Raises:
        CallFailed: the model call failed.
    """
    with parts.books.open(roster, audit="memory_layer") as account:
        made_by = recall.memo.arm_id if recall.memo else ""
        arm = next((arm for arm in roster.arms if arm.arm_id == made_by), roster.premium)
        account.strategy = arm.arm_id
        with account.leg(arm, prompt, "audit") as leg:
            reply = yield from Generate(arm, prompt, "hold")
            leg.settle(reply)
        account.model = account.charges[-1].model
        with account.shield("memory"):
            memo = _memo(prompt, reply, codec, account)
            if memo is not None:
                parts.memory.compare(recall, memo, _reader(codec))
        return account.close(reply)


def _recalled(
    parts: Parts, prompt: Prompt, codec: Codec, account: OpenAccount
) -> Steps[Reply | None]:
    """The answer that memory gives, or None."""
    with account.shield("memory"):
        recall = yield from parts.memory.recall(prompt, account.roster)
        memo = recall.memo
        if memo is None:
            account.recall = recall
            if recall.refused:
                account.note(f"near miss:{recall.refused}" if recall.entry else recall.refused)
            return None
        # An entry that can't be read is no hit, and the answer that comes instead replaces it.
        account.recall = Recall(key=recall.key)
        reply = codec.thaw(memo.payload)
        account.recall = recall
        account.strategy = memo.arm_id
        account.model = memo.model
        account.answer = (memo.usage, memo.tier)
        account.note(f"hit:{recall.note or recall.cache_type}")
        return reply
    return None


def _asked(parts: Parts, prompt: Prompt, codec: Codec, account: OpenAccount) -> Steps[Reply]:
    """The answer that the models give, with what memory has near it at hand."""
    arm, rungs = _route(parts, prompt, account)
    near, drafting = account.recall.near, None
    if near is not None:
        with account.shield("memory"):
            reuse = partial(codec.thaw, near.memo.payload)
            drafting = with_near_miss(prompt, near, reuse().text, reuse)
    if drafting is not None:
        account.note("asked with a near miss")
    climbed = yield from climb(rungs, prompt, parts.judge, account, is_permanent, drafting)
    if near is not None and climbed.adopted:
        return _reused(climbed, near, account)
    answered = account.charges[-1]
    account.strategy = climbed.strategy.arm_id
    account.model = answered.model
    account.accepted_draft = climbed.verdict is not None
    account.escalated = climbed.rejected is not None
    if prompt.pin is None:
        yield from _learn(parts, prompt, arm, climbed, account)
    return climbed.reply


def _reused(climbed: Climbed, near: NearMiss, account: OpenAccount) -> Reply:
    """The near question's answer, of which a model said that it does."""
    memo = near.memo
    account.recall = replace(account.recall, memo=memo, cache_type="context", refused="")
    account.strategy, account.model = memo.arm_id, memo.model
    account.answer = (memo.usage, memo.tier)
    account.accepted_draft = True
    account.note("hit:context")
    return climbed.reply


def _route(
    parts: Parts, prompt: Prompt, account: OpenAccount
) -> tuple[Strategy, tuple[Strategy, ...]]:
    """The arm to start at and the rungs from there; premium alone when a part fails."""
    roster = account.roster
    arm = roster.premium
    rungs: tuple[Strategy, ...] = (arm,)
    if prompt.pin is not None:
        arms = (arm for arm in roster.arms if arm.tier == prompt.pin)
        arm = next(arms, Strategy(prompt.pin))
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
    memo = _memo(prompt, reply, codec, account)
    if memo is None:
        return
    widely = parts.memory.by_meaning and objection_to_matching(prompt, reply) is None
    read = _reader(codec) if widely else None
    parts.memory.remember(account.recall, prompt, account.roster, memo, read)


def _memo(prompt: Prompt, reply: Reply, codec: Codec, account: OpenAccount) -> Memo | None:
    """The answer as memory keeps it; None when it may not be kept."""
    reason = objection(prompt, reply)
    if reason is None and prompt.response_format is not None:
        # The last rung was not judged, and kept without its form it would fail every retry.
        reason = _CHECKS.judge(prompt, reply).reason
    payload = None if reason else codec.freeze(reply)
    if payload is None:
        account.note(f"not kept:{reason or 'not JSON'}")
        return None
    reused = account.recall.memo
    if reused is not None:
        return reused
    answered = account.charges[-1]
    return Memo(payload, answered.usage, answered.model, answered.tier, account.strategy)


def _reader(codec: Codec) -> Read:
    return lambda memo: codec.thaw(memo.payload).text
