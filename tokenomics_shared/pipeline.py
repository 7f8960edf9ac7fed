"""What happens to a request, told once for sync, async and streamed callers."""

from dataclasses import dataclass, replace
from functools import partial

from tokenomics_shared.cascade import (
    Climbed,
    Drafting,
    Limits,
    NoLimits,
    climb,
    with_near_miss,
)
from tokenomics_shared.effects import Flush, Steps
from tokenomics_shared.judge import Checks
from tokenomics_shared.learning import Answered, Budgets, Price, Route, Router
from tokenomics_shared.memory import objection, objection_to_matching
from tokenomics_shared.planning import COMPRESSION, Shortened, Shrinker, is_compressed
from tokenomics_shared.ports import Codec, Comparing, Judging, Memory, Planner, Read
from tokenomics_shared.prediction import Lengths
from tokenomics_shared.resilience import is_hopeless
from tokenomics_shared.telemetry import Books, OpenAccount
from tokenomics_shared.types import (
    Memo,
    NearMiss,
    Outcome,
    Prompt,
    QueryPlan,
    Recall,
    Reply,
    Roster,
    Strategy,
    Verdict,
)

_CHECKS = Checks()


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pipeline is composed of; `checks` are the judges that every draft must pass."""

    memory: Memory
    orchestrator: Planner
    shrinker: Shrinker
    lengths: Lengths
    router: Router
    judge: Judging
    checks: Judging
    versus: Comparing
    audits: Budgets
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
    sent, limits = yield from _planned(parts, prompt, account)
    route = yield from _route(parts, prompt, account)
    near, drafting = account.recall.near, None
    if near is not None:
        with account.shield("memory"):
            reuse = partial(codec.thaw, near.memo.payload)
            drafting = with_near_miss(sent, near, reuse().text, reuse)
    if drafting is not None:
        account.note("asked with a near miss")
    asked = replace(drafting, limits=limits) if drafting else Drafting(sent, sent, limits=limits)
    judged = partial(_judged, parts, prompt, route, account)
    permanent = partial(is_hopeless, account.roster, route.rungs)
    climbed = yield from climb(route.rungs, asked, judged, account, permanent)
    if near is not None and climbed.adopted:
        return _reused(climbed, near, account)
    account.strategy = climbed.strategy.arm_id
    account.model = account.answering().model
    account.accepted_draft = climbed.verdict is not None
    account.escalated = climbed.rejected is not None
    if prompt.pin is None:
        verdict = climbed.verdict
        if verdict is None and route.judged and climbed.strategy is not account.roster.premium:
            # It stands whatever is found; what is found is learned.
            verdict = yield from parts.judge.judge(prompt, climbed.reply, account)
            climbed = replace(climbed, verdict=verdict)
        with account.shield("learning"):
            _learn(parts, prompt, sent, route, climbed, account)
    else:
        account.reckon()
        parts.audits.spent(answers=float(account.cost or 0))
    _set_beside(parts, prompt, climbed, account)
    return climbed.reply


def _set_beside(parts: Parts, prompt: Prompt, climbed: Climbed, account: OpenAccount) -> None:
    """Have the answer to a shortened prompt compared, if it is in the sample."""
    plan = account.plan
    if plan is not None and (account.held_back or is_compressed(plan)):
        with account.shield("compression"):
            account.unsent = _shortened(parts, prompt, plan, climbed, account)


def _planned(parts: Parts, prompt: Prompt, account: OpenAccount) -> Steps[tuple[Prompt, Limits]]:
    """What is sent in the prompt's place, itself when a part fails, and how long answers get."""
    roster = account.roster
    limits: Limits = NoLimits()
    with account.shield("orchestrator"):
        account.plan = plan = parts.orchestrator.plan(prompt, roster)
        # Lengths are predicted, and so learned, by the request as it came.
        limits = parts.lengths.of(prompt, plan, roster, account)
        with account.shield("compression"):
            sent, planned, held_back = yield from shrunk(parts, prompt, plan, roster, account)
            account.plan, account.held_back = planned, held_back
            if held_back:
                account.note(f"{COMPRESSION} is closed")
            if planned.note:
                account.note(planned.note)
            return sent, limits
    return prompt, limits


def shrunk(
    parts: Parts, prompt: Prompt, plan: QueryPlan, roster: Roster, account: OpenAccount | None
) -> Steps[tuple[Prompt, QueryPlan, bool]]:
    """What is sent, its plan, and whether compression would have shortened it but is closed."""
    if parts.audits.is_open(COMPRESSION):
        sent, planned = yield from parts.shrinker.shrink(prompt, plan, roster, account)
        return sent, planned, False
    # It is not sent, so no summary is bought for it, and nothing of it is kept to.
    _, shortened = yield from parts.shrinker.shrink(prompt, plan, roster, None)
    whole = replace(prompt, compress=False)
    sent, planned = yield from parts.shrinker.shrink(whole, plan, roster, account)
    return sent, planned, is_compressed(shortened)


def _shortened(
    parts: Parts, prompt: Prompt, plan: QueryPlan, climbed: Climbed, account: OpenAccount
) -> Shortened | None:
    """What the answer to a shortened prompt is to be compared with, if it is in the sample.

    Where compression is closed, answers to whole prompts are compared with what the shortened
    ones would have brought, so that it may open again.
    """
    reply = climbed.reply
    if not (reply.tool_calls or parts.versus.decides(reply.text)):
        return None
    weight = parts.audits.wants(COMPRESSION)
    if weight is None:
        return None
    return Shortened(
        prompt, plan, account.roster, climbed.strategy, reply, weight, closed=account.held_back
    )


def _judged(
    parts: Parts, prompt: Prompt, route: Route, account: OpenAccount, arm: Strategy, reply: Reply
) -> Steps[Verdict]:
    """What is found on a draft: by the judges, and by what is known of them and the arm."""
    judge = parts.judge if route.judged else parts.checks
    verdict = yield from judge.judge(prompt, reply, account)
    with account.shield("routing"):
        return parts.router.stands(route, account.roster, arm, verdict)
    return verdict


def _reused(climbed: Climbed, near: NearMiss, account: OpenAccount) -> Reply:
    """The near question's answer, of which a model said that it does."""
    memo = near.memo
    account.recall = replace(account.recall, memo=memo, cache_type="context", refused="")
    account.strategy, account.model = memo.arm_id, memo.model
    account.answer = (memo.usage, memo.tier)
    account.accepted_draft = True
    account.note("hit:context")
    return climbed.reply


def _route(parts: Parts, prompt: Prompt, account: OpenAccount) -> Steps[Route]:
    """How to ask; premium alone when a part fails."""
    roster = account.roster
    if prompt.pin is not None:
        arms = (arm for arm in roster.arms if arm.tier == prompt.pin)
        arm = next(arms, Strategy(prompt.pin))
        account.note(f"pinned:{arm.arm_id}")
        return Route(arm, (arm,))
    if account.plan is not None:
        with account.shield("routing"):
            route = yield from parts.router.route(prompt, account.plan, roster)
            account.note(f"arm:{route.arm.arm_id}{route.note}")
            return route
    return Route(roster.premium, (roster.premium,))


def _learn(
    parts: Parts,
    prompt: Prompt,
    sent: Prompt,
    route: Route,
    climbed: Climbed,
    account: OpenAccount,
) -> None:
    """Tell the router how its choice turned out."""
    account.reckon()
    answered = Answered(
        account.request_id,
        account.at,
        prompt,
        account.roster,
        route,
        climbed.strategy,
        climbed.reply,
        climbed.verdict,
        climbed.rejected,
        climbed.draft,
        tuple(account.charges),
        sent,
    )
    price = Price(account.cost, account.baseline_cost, account.elapsed_s())
    lesson = parts.router.learn(answered, price)
    account.quality, account.reward, account.probe = lesson.quality, lesson.reward, lesson.probe
    if climbed.strategy is not account.roster.premium:
        account.shortcut = climbed.strategy.arm_id
        account.weight = lesson.probe.weight if lesson.probe else None


def _remember(
    parts: Parts, prompt: Prompt, reply: Reply, codec: Codec, account: OpenAccount
) -> None:
    """Keep the answer, if it may be kept."""
    memo = memo_of(prompt, reply, codec, account)
    if memo is None:
        return
    widely = parts.memory.by_meaning and objection_to_matching(prompt, reply) is None
    read = reader_of(codec) if widely else None
    parts.memory.remember(account.recall, prompt, account.roster, memo, read)


def memo_of(prompt: Prompt, reply: Reply, codec: Codec, account: OpenAccount) -> Memo | None:
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
    answered = account.answering()
    return Memo(payload, answered.usage, answered.model, answered.tier, account.strategy)


def reader_of(codec: Codec) -> Read:
    """Reads kept answers."""
    return lambda memo: codec.thaw(memo.payload).text
