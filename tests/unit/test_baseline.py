"""What premium alone would have cost, for requests that end in every way."""

from typing import Any

import pytest

from tests.kit import CHEAP, GOOD, POOR, PREMIUM, PRICES, ROSTER, TIERS, engine, prompt, reply
from tokenomics_shared import Engine
from tokenomics_shared.effects import Call, Flush, Generate
from tokenomics_shared.errors import Abandoned
from tokenomics_shared.testing import TextCodec, play
from tokenomics_shared.types import Outcome, Reply, Roster, Strategy, Totals, Usage

ASK = prompt()
DRAFT, ANSWER = Generate(CHEAP, ASK, "hold"), Generate(PREMIUM, ASK, "live")
PREMIUMS_PRICE = PRICES.cost(TIERS["premium"], "", Usage(20, 10))


def played(made: Engine, *script: Any, roster: Roster = ROSTER) -> Outcome:
    return play(made.answer(ASK, roster, TextCodec()), script)


def left_at(made: Engine, *script: Any) -> Totals:
    """The ledger of a caller that leaves at the effect after these."""
    steps = made.answer(ASK, ROSTER, TextCodec())
    next(steps)
    for result in script:
        steps.send(result)
    steps.close()
    return made.report().totals


def test_a_draft_on_premiums_own_tier_is_no_part_of_the_baseline() -> None:
    concise = Strategy("concise", tier="premium", temperature=0.1)
    roster = Roster(TIERS, (concise, PREMIUM))
    draft = Generate(concise, ASK, "hold")
    outcome = played(engine(), (draft, reply(POOR)), (ANSWER, reply(GOOD)), roster=roster)
    assert outcome.baseline_cost == outcome.charges[1].cost
    assert outcome.savings is not None
    assert outcome.savings.cascade == -outcome.charges[0].cost  # type: ignore[operator]
    outcome = played(engine(), (draft, reply(GOOD)), (Flush, None), roster=roster)
    assert outcome.baseline_cost == outcome.cost


def test_a_caller_that_leaves_while_a_good_draft_is_shown_has_had_its_answer() -> None:
    totals = left_at(engine(), reply(GOOD))
    assert (totals.abandoned, totals.compared) == (1, 1)
    assert totals.baseline_cost == PREMIUMS_PRICE
    assert totals.savings.cascade > 0


def test_a_caller_that_leaves_while_a_draft_is_judged_is_compared_by_it() -> None:
    made = engine(judge=lambda question, answer: 0.9)
    steps = made.answer(ASK, ROSTER, TextCodec())
    next(steps)
    assert isinstance(steps.send(reply(GOOD)), Call)
    steps.close()
    assert made.report().totals.baseline_cost == PREMIUMS_PRICE


def test_a_caller_that_leaves_during_a_draft_is_not_compared() -> None:
    made = engine()
    with pytest.raises(Abandoned):
        played(made, (DRAFT, Abandoned(Reply("The river", usage=None))))
    totals = made.report().totals
    assert (totals.abandoned, totals.compared, totals.savings.total) == (1, 0, 0)
    assert totals.cost > 0
    assert "1 request is not compared" in str(made.report())
