"""Audits: answers compared with what they had replaced, when their callers have them."""

from dataclasses import replace

from tokenomics_shared.effects import Generate, Steps
from tokenomics_shared.learning import Probe, looked_at
from tokenomics_shared.pipeline import Parts, memo_of, reader_of, shrunk
from tokenomics_shared.planning import COMPRESSION, Shortened
from tokenomics_shared.ports import Codec
from tokenomics_shared.telemetry import OpenAccount
from tokenomics_shared.types import Outcome, Part, Prompt, Recall, Reply, Roster


def audit(
    parts: Parts, prompt: Prompt, roster: Roster, codec: Codec, recall: Recall
) -> Steps[Outcome]:
    """Ask anew what memory had answered, and let it learn from the difference.

    The arm that had made the kept answer is asked, in the form that it would be asked in now, so
    that the finding is about memory alone.

    Raises:
        CallFailed: the model call failed.
    """
    with parts.books.open(roster, audit="memory_layer") as account:
        made_by = recall.memo.arm_id if recall.memo else ""
        arm = next((arm for arm in roster.arms if arm.arm_id == made_by), roster.premium)
        account.strategy = arm.arm_id
        sent = yield from _as_sent(parts, prompt, roster, account)
        with account.leg(arm, sent, "audit") as leg:
            reply = yield from Generate(arm, sent, "hold")
            leg.settle(reply)
        account.model = account.answering().model
        with account.shield("memory"):
            memo = memo_of(prompt, reply, codec, account)
            if memo is not None:
                parts.memory.compare(recall, memo, reader_of(codec))
        return account.close(reply)


def compare(parts: Parts, probe: Probe) -> Steps[Outcome | None]:
    """Ask for the answer that another arm would have given, and let routing learn from both.

    Raises:
        CallFailed: the model call failed.
    """
    answered, ask = probe.answered, probe.ask
    if ask is None:
        with parts.books.faults.shield("routing"):
            loss = yield from _loss(parts, probe, answered.draft, None)
            parts.router.compared(probe, loss)
        return None
    with parts.books.open(answered.roster, audit=_payer(probe)) as account:
        account.shortcut, account.strategy = looked_at(probe).arm_id, ask.arm_id
        sent = answered.sent or answered.prompt
        with account.leg(ask, sent, "audit") as leg:
            reply = yield from Generate(ask, sent, "hold")
            leg.settle(reply)
        account.model = account.answering().model
        with account.shield("routing"):
            account.loss = yield from _loss(parts, probe, reply, account)
            if answered.strategy is not answered.roster.premium:
                account.weight = probe.weight
        account.reckon()
        with account.shield("routing"):
            parts.router.compared(probe, account.loss, account.cost)
        return account.close(reply)


def compare_unsent(parts: Parts, asked: Shortened) -> Steps[Outcome]:
    """Ask the same arm with the whole prompt, or the shortened one where that is closed.

    Raises:
        CallFailed: the model call failed.
    """
    arm, prompt = asked.strategy, asked.prompt
    with parts.books.open(asked.roster, audit="compression") as account:
        account.shortcut, account.strategy = COMPRESSION, arm.arm_id
        other = replace(prompt, compress=asked.closed)
        plan = parts.orchestrator.plan(prompt, asked.roster)
        sent, _ = yield from parts.shrinker.shrink(other, plan, asked.roster, account)
        with account.leg(arm, sent, "audit") as leg:
            reply = yield from Generate(arm, sent, "hold")
            leg.settle(reply)
        account.model = account.answering().model
        given, best = (reply, asked.reply) if asked.closed else (asked.reply, reply)
        with account.shield("compression"):
            account.loss = yield from _difference(parts, prompt, given, best, account)
            account.weight = None if asked.closed else asked.weight
        account.reckon()
        parts.audits.spent(audits=float(account.cost or 0))
        if account.loss is not None:
            parts.audits.learn(COMPRESSION, account.loss, asked.weight)
        return account.close(reply)


def _as_sent(parts: Parts, prompt: Prompt, roster: Roster, account: OpenAccount) -> Steps[Prompt]:
    """The request as it would be sent to a model now."""
    with account.shield("compression"):
        plan = parts.orchestrator.plan(prompt, roster)
        sent, _, _ = yield from shrunk(parts, prompt, plan, roster, account)
        return sent
    return prompt


def _payer(probe: Probe) -> Part:
    """The part whose shortcut is audited."""
    return "cascade" if len(probe.answered.route.rungs) > 1 else "bandit"


def _loss(
    parts: Parts, probe: Probe, other: Reply | None, account: OpenAccount | None
) -> Steps[float | None]:
    """What the cheaper of two answers lost; None when that can't be told."""
    answered = probe.answered
    if other is None:
        return None
    given, best = answered.reply, other
    if answered.strategy is answered.roster.premium:
        given, best = other, answered.reply
    return (yield from _difference(parts, answered.prompt, given, best, account))


def _difference(
    parts: Parts, prompt: Prompt, given: Reply, best: Reply, account: OpenAccount | None
) -> Steps[float | None]:
    """What one answer lost against another."""
    if given.tool_calls or best.tool_calls:
        # Which tools, not with what: arguments in other words may come to the same.
        return float(_tools(given) != _tools(best))
    return (yield from parts.versus.loss(prompt.question, given.text, best.text, account))


def _tools(reply: Reply) -> list[str]:
    return sorted(call.name for call in reply.tool_calls)
