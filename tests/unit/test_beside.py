"""An answer beside premium's: who is asked what, and who pays."""

from decimal import Decimal
from typing import Any

import pytest

from tests.kit import CHEAP, GOOD, POOR, PREMIUM, PRICES, ROSTER, engine, prompt, reply
from tokenomics_shared.baseline import Beside
from tokenomics_shared.drivers import run
from tokenomics_shared.errors import CallFailed
from tokenomics_shared.telemetry import Faults
from tokenomics_shared.testing import ScriptedBackend, TextCodec
from tokenomics_shared.types import Reply, Roster, Strategy, Tier, Usage

JUDGE = Strategy("judge")
JUDGED = Roster(
    {**ROSTER.tiers, "judge": Tier("judge", "judge-1", "acme", "judge-1")}, ROSTER.arms
)
OTHER = "It is the Danube, of course, which comes from the west and goes on to the Black Sea."


def finding(winner: str) -> Reply:
    told = f'"winner": "{winner}", "confidence": 0.8, "score_a": 0.9, "score_b": 0.3'
    return reply("{" + told + ', "explanation": "Longer."}', usage=Usage(200, 30))


def beside(backend: ScriptedBackend, roster: Roster = ROSTER, **settings: Any) -> Beside:
    made = engine(**settings)
    found = run(made.beside(prompt(), roster, TextCodec(), backend), backend)
    made.close()
    return found


def test_the_answer_premiums_and_the_judge_in_either_order() -> None:
    plan = {
        "cheap": [reply(GOOD)],
        "premium": [reply(OTHER)],
        "judge": [finding("A"), finding("B")],
    }
    backend = ScriptedBackend(plan)
    found = beside(backend, JUDGED)
    assert [ask.strategy for ask in backend.asked] == [CHEAP, PREMIUM, JUDGE, JUDGE]
    assert [ask.own for ask in backend.asked] == [False, False, True, True]
    assert found.verdict.winner == "optimized"
    assert found.baseline is not None
    assert (found.baseline.audit, found.baseline.shortcut) == ("cascade", "cheap")
    assert (found.baseline.loss, found.baseline.weight) == (-1.0, None)
    told = found.told("ours", "premium's")
    assert (told.optimized, told.baseline, told.judge) == ("ours", "premium's", "judge-1")
    assert told.baseline_cost == PRICES.cost(ROSTER.tiers["premium"], "", Usage(20, 10))
    assert told.judging_cost is None


def test_premium_judges_where_nobody_else_does() -> None:
    backend = ScriptedBackend(
        {"cheap": [reply(GOOD)], "premium": [reply(OTHER), finding("tie"), finding("tie")]}
    )
    told = beside(backend).told(None, None)
    assert (told.winner, told.judge) == ("equivalent", "large-1")
    assert told.judging_cost == 2 * (PRICES.cost(ROSTER.tiers["premium"], "", Usage(200, 30)) or 0)


def test_what_premium_answered_itself_is_not_asked_again() -> None:
    backend = ScriptedBackend({"cheap": [reply(POOR)], "premium": [reply(GOOD)]})
    found = beside(backend)
    assert [ask.strategy for ask in backend.asked] == [CHEAP, PREMIUM]
    told = found.told("ours", "ours")
    assert (told.winner, told.confidence, told.judging_cost) == ("equivalent", 1.0, Decimal(0))
    assert told.baseline_cost == PRICES.cost(ROSTER.tiers["premium"], "", Usage(20, 10))


def test_a_judge_that_is_away_has_not_told() -> None:
    backend = ScriptedBackend(
        {"cheap": [reply(GOOD)], "premium": [reply(OTHER)], "judge": [OSError("away")]}
    )
    found = beside(backend, JUDGED)
    assert (found.verdict.winner, found.verdict.confidence) == ("equivalent", 0.0)
    assert found.baseline is not None
    assert found.baseline.loss is None


def test_premium_being_away_is_raised_and_kept_in_the_books() -> None:
    made = engine()
    backend = ScriptedBackend({"cheap": [reply(GOOD)], "premium": [OSError("away")]})
    with pytest.raises(OSError, match="away"):
        run(made.beside(prompt(), ROSTER, TextCodec(), backend), backend)
    totals = made.report().totals
    assert (totals.requests, totals.failed, totals.audits) == (1, 0, 1)
    made.close()


def test_a_call_that_failed_is_counted_by_what_the_provider_raised() -> None:
    faults = Faults()
    assert faults.record("judge", CallFailed(TimeoutError("late"))) == "judge:TimeoutError"


def test_what_premium_answered_by_less_is_asked_whole() -> None:
    made = engine(cascading={"enabled": False}, compression={"method": "extractive"})
    text = "The sea is deep and wide. The sky is blue. " * 80
    asked = prompt(f"<context>{text}</context>\nWhy is the sea deep?")
    backend = ScriptedBackend({"premium": [reply(GOOD), reply(OTHER), finding("A"), finding("B")]})
    found = run(made.beside(asked, ROSTER, TextCodec(), backend), backend)
    first, second, *_ = backend.asked
    assert len(first.prompt.question) < len(second.prompt.question) == len(asked.question)
    assert found.verdict.winner == "optimized"
    assert found.baseline is not None
    assert found.baseline.audit == "compression"
    totals = made.report().totals
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total
    made.close()
