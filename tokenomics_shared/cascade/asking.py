"""Asking a model, and asking again when our own limit cut the answer short."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from tokenomics_shared.effects import Generate, Show, Steps
from tokenomics_shared.ports import Account
from tokenomics_shared.types import Prompt, Purpose, Reply, Strategy


class Limits(Protocol):
    """Guards against answers that run away, and learns how long answers are."""

    def tried(self, strategy: Strategy, show: Show) -> Sequence[int | None]:
        """Our own limits in tokens, to be tried in this order; the last is None, for no limit."""
        ...

    def answered(self, strategy: Strategy, reply: Reply) -> None:
        """Take in an answer that none of them cut short."""
        ...


class NoLimits:
    """Limits nothing and learns nothing."""

    def tried(self, strategy: Strategy, show: Show) -> Sequence[int | None]:  # noqa: ARG002 -- port
        """No limit."""
        return (None,)

    def answered(self, strategy: Strategy, reply: Reply) -> None:
        """Learn nothing."""


def ask(
    strategy: Strategy,
    prompt: Prompt,
    purpose: Purpose,
    show: Show,
    account: Account,
    limits: Limits,
) -> Steps[Reply]:
    """Ask a model for a whole answer.

    An answer that our own limit cut short is asked for again with a larger one, and at last with
    none: two answers are never spliced. What was cut is charged.

    Raises:
        CallFailed: the call failed.
    """
    for limit in limits.tried(strategy, show)[:-1]:
        with account.leg(strategy, prompt, purpose) as leg:
            reply = yield from Generate(replace(strategy, max_tokens=limit), prompt, show)
            cut = _cut_by(limit, reply)
            leg.settle(reply, "cut" if cut else None)
        if not cut:
            return reply
        account.note(f"cut:{strategy.arm_id}:{limit} tokens, asked again")
    with account.leg(strategy, prompt, purpose) as leg:
        reply = yield from Generate(strategy, prompt, show)
        leg.settle(reply)
    return reply


def _cut_by(limit: int | None, reply: Reply) -> bool:
    """Whether our limit cut an answer short.

    One of which not even half of that was written met another limit, such as the end of the
    model's window, and would meet it again.
    """
    if limit is None or not reply.truncated:
        return False
    usage = reply.usage
    told = usage is not None and usage.output > 0 and not usage.estimated
    return not told or usage is None or 2 * usage.output >= limit
