"""An answer beside the one that premium alone would have given."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tokenomics_shared.effects import Generate, Steps
from tokenomics_shared.judge.comparison import Comparison, compare
from tokenomics_shared.judge.quoting import conversation
from tokenomics_shared.pipeline import Parts
from tokenomics_shared.telemetry.savings import total_cost
from tokenomics_shared.types import Outcome, Part, Prompt, Reply, Roster, Strategy, Unsent

_LOSSES = {"optimized": -1.0, "equivalent": 0.0, "baseline": 1.0}

_PREMIUMS_OWN = Comparison("equivalent", 1.0, "Premium gave this answer itself.", 1.0)


@dataclass(frozen=True, slots=True)
class BaselineComparison(Comparison):
    """How an answer compares with premium's, with both of them and what they cost.

    Attributes:
        optimized: the answer that was given, as the framework's message.
        baseline: premium's; the same where premium gave the answer itself.
        optimized_cost: US dollars of all calls behind the answer; None when a price is unknown.
        baseline_cost: US dollars of premium's answer; None likewise.
        judging_cost: US dollars of the judge's calls, 0 where none was needed; None likewise.
        judge: the model that compared them; empty where nobody had to be asked.
    """

    optimized: Any
    baseline: Any
    optimized_cost: Decimal | None
    baseline_cost: Decimal | None
    judging_cost: Decimal | None
    judge: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Two requests and what was found of their answers.

    Attributes:
        verdict: whose answer is better.
        optimized: the request as it was answered.
        baseline: premium's answer to it, in an account of its own; None where premium had
            given the answer itself.
    """

    verdict: Comparison
    optimized: Outcome
    baseline: Outcome | None

    def told(self, optimized: Any, baseline: Any) -> BaselineComparison:
        """The comparison for a caller, with both answers in the framework's form."""
        verdict, outcome, other = self.verdict, self.optimized, self.baseline
        charges = other.charges if other else ()
        judging = [charge for charge in charges if charge.purpose == "judge"]
        answering = [charge for charge in charges if charge.purpose != "judge"]
        return BaselineComparison(
            winner=verdict.winner,
            confidence=verdict.confidence,
            explanation=verdict.explanation,
            quality_score=verdict.quality_score,
            optimized=optimized,
            baseline=baseline,
            optimized_cost=outcome.cost,
            baseline_cost=total_cost(answering) if other else outcome.baseline_cost,
            judging_cost=total_cost(judging),
            judge=judging[-1].model if judging else "",
        )


def beside(
    parts: Parts, prompt: Prompt, roster: Roster, optimized: Outcome, judge: Strategy
) -> Steps[Beside]:
    """Ask premium what has been answered, and have the two answers compared.

    Nobody asked for premium's answer, so that the ledger has it as an audit that the part pays
    for whose answer is looked at. It was not drawn at random, so it says nothing of other
    answers: error budgets and the audited quality leave it out.

    Args:
        parts: the engine's.
        prompt: the request.
        roster: the models that may answer it.
        optimized: how it was answered.
        judge: the arm that compares; premium does where nobody is it.

    Raises:
        CallFailed: premium did not answer.
    """
    given = optimized.reply
    if given is None or _is_premiums(optimized, roster):
        return Beside(_PREMIUMS_OWN, optimized, None)
    with parts.books.open(roster, audit=_payer(optimized, roster)) as account:
        premium = roster.premium
        account.shortcut, account.strategy = optimized.shortcut, premium.arm_id
        with account.leg(premium, prompt, "audit") as leg:
            reply = yield from Generate(premium, prompt, "hold")
            leg.settle(reply)
        account.model = account.answering().model
        judge = judge if judge.tier in roster.tiers else premium
        verdict = yield from compare(
            conversation(prompt), _shown(given), _shown(reply), judge, account
        )
        if verdict.confidence:
            account.loss = _LOSSES[verdict.winner]
        return Beside(verdict, optimized, account.close(reply))


def _is_premiums(outcome: Outcome, roster: Roster) -> bool:
    """Whether premium read the request as it came, with nothing of memory's before its eyes."""
    recall = outcome.recall
    untouched = recall.memo is None and recall.near is None and not _unsent(outcome)
    return untouched and outcome.strategy == roster.premium.arm_id


def _unsent(outcome: Outcome) -> Sequence[Unsent]:
    return outcome.plan.unsent if outcome.plan else ()


def _payer(outcome: Outcome, roster: Roster) -> Part:
    """The part whose answer it was."""
    if outcome.recall.memo is not None:
        return "memory_layer"
    unsent = _unsent(outcome)
    if unsent and outcome.strategy == roster.premium.arm_id:
        return unsent[0].part
    return "cascade" if outcome.accepted_draft else "bandit"


def _shown(reply: Reply) -> str:
    """An answer as a judge reads it, with the tools it calls."""
    calls = (f"[calls {call.name} with {call.args}]" for call in reply.tool_calls)
    return "\n".join((*((reply.text,) if reply.text else ()), *calls))
