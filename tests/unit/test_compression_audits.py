"""Audits of compression: what shortened prompts lose against whole ones, and what follows."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.kit import PRICES, ROSTER, prompt
from tests.unit.routed import RIGHT, WRONG, Models, routed
from tests.unit.test_shrinking import Halves
from tokenomics_shared import Engine
from tokenomics_shared.auditing import audit
from tokenomics_shared.drivers import run
from tokenomics_shared.effects import Generate
from tokenomics_shared.planning import COMPRESSION
from tokenomics_shared.testing import TextCodec
from tokenomics_shared.types import Outcome, Prompt, Recall, Reply, Usage

TEXT = "The sea is deep and the sky is wide. " * 60
PROSE = (
    "There is much to be said of that. Some hold that it came from the mountains, and others that "
    "it was there before them. I would look at what the two have in common."
)
ALWAYS: dict[str, Any] = {"rate": 1.0, "max_rate": 1.0, "max_cost_share": 1.0}
PREMIUM_ALONE: dict[str, Any] = {"bandit": {"enabled": False}, "cascading": {"enabled": False}}


def loss(question: str, given: str, best: str) -> float:
    """What the given answer lost, where right and wrong are known."""
    return float(best == RIGHT) - float(given == RIGHT)


class Readers(Models):
    """Answer by whether they read all of the text."""

    def __init__(self, whole: str = RIGHT, shortened: str = RIGHT) -> None:
        super().__init__(lambda *_: "")
        self.whole, self.shortened = whole, shortened

    def generate(self, ask: Generate) -> Reply:
        self.asked.append(ask)
        read = len(ask.prompt.messages[-1].text)
        text = self.whole if read > len(TEXT) else self.shortened
        return Reply(text, usage=Usage(read // 4, 12))

    async def agenerate(self, ask: Generate) -> Reply:
        return self.generate(ask)

    async def astream(self, ask: Generate) -> Any:
        for chunk in self.stream(ask):
            yield chunk

    @property
    def lengths(self) -> list[bool]:
        """Whether all of the text was sent, call by call."""
        return [len(ask.prompt.messages[-1].text) > len(TEXT) for ask in self.asked]


def made(**given: Any) -> Engine:
    audit = ALWAYS | {"compare": loss} | given.pop("audit", {})
    settings = PREMIUM_ALONE | {"compression": {"compressor": Halves()}} | given
    return routed(audit=audit, **settings)


def asked(number: int, **fields: Any) -> Prompt:
    return prompt(f"<context>{TEXT}</context>\nWhat is item {number}?", **fields)


def ask(one: Engine, backend: Models, number: int = 0, **fields: Any) -> Outcome:
    return one.run(asked(number, **fields), ROSTER, TextCodec(), backend)


def is_open(one: Engine) -> bool:
    return one.parts.audits.is_open(COMPRESSION)


def audited(one: Engine) -> Any:
    found = {each.shortcut: each for each in one.report().totals.audited}
    return found.get(COMPRESSION)


def test_the_same_arm_is_asked_with_the_whole_prompt() -> None:
    one, backend = made(), Readers()
    outcome = ask(one, backend)
    assert backend.lengths == [False, True]
    given, besides = backend.asked
    assert given.strategy == besides.strategy
    assert besides.prompt.messages == asked(0).messages
    assert outcome.strategy == "premium"
    assert outcome.unsent is not None
    one.close()


@pytest.mark.parametrize("way", ["run", "arun", "stream", "astream"])
async def test_every_driver_has_it_audited(way: str) -> None:
    one, backend = made(), Readers()
    request = (asked(0), ROSTER, TextCodec(), backend)
    match way:
        case "run":
            one.run(*request)
        case "arun":
            await one.arun(*request)
        case "stream":
            list(one.stream(*request))
        case _:
            assert [chunk async for chunk in one.astream(*request)]
    assert backend.lengths == [False, True]
    assert one.report().totals.audits == 1
    one.close()


def test_compression_pays_for_its_audits() -> None:
    one, backend = made(), Readers()
    outcome = ask(one, backend)
    totals = one.report().totals
    cost = PRICES.prices["premium"].cost(
        Usage(len(backend.asked[1].prompt.messages[0].text) // 4, 12)
    )
    assert totals.audits == 1
    assert totals.audit_cost == cost
    assert outcome.savings is not None
    assert totals.savings.compression == outcome.savings.compression - cost
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total
    assert totals.requests == 1
    one.close()


@pytest.mark.parametrize(("shortened", "lost"), [(RIGHT, 0.0), (WRONG, 1.0)])
def test_the_report_tells_what_it_lost(shortened: str, lost: float) -> None:
    one, backend = made(), Readers(shortened=shortened)
    for number in range(3):
        ask(one, backend, number)
    found = audited(one)
    # A whole prompt costs more than a shortened one, and audits no more than answers.
    assert (found.uses, found.audits, found.loss) == (3, 2, lost)
    told = one.report().to_dict()
    kept = told["quality_kept"]
    assert kept["mean"] == pytest.approx(1.0 - lost)
    assert 0.0 <= kept["interval"][0] <= kept["mean"] <= kept["interval"][1] <= 1.0
    assert COMPRESSION in str(one.report())
    one.close()


def test_quality_kept_counts_whole_prompts_answers_as_good() -> None:
    one, backend = made(), Readers(shortened=WRONG)
    ask(one, backend)
    for number in range(3):
        one.run(prompt(f"What is item {number}?"), ROSTER, TextCodec(), backend)
    kept = one.report().to_dict()["quality_kept"]
    assert kept["mean"] == pytest.approx(0.75)
    one.close()


def test_bad_compression_is_closed_and_reopens_when_it_is_good_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    one, backend = made(), Readers(shortened=WRONG)
    number = 0
    while is_open(one):
        ask(one, backend, number)
        number += 1
        assert number < 100
    assert "shortcut 'compression' closes" in caplog.text
    backend.asked.clear()
    outcome = ask(one, backend, 1_000)
    assert outcome.reply is not None
    assert outcome.reply.text == RIGHT
    assert "compression is closed" in outcome.trace
    assert outcome.plan is not None
    assert (outcome.plan.compression_ratio, outcome.plan.unsent) == (1.0, ())
    assert outcome.savings is not None
    assert outcome.savings.compression == 0
    # The caller's answer is by the whole prompt; what is looked at is the shortened one.
    assert backend.lengths == [True, False]
    backend.shortened = RIGHT
    number = 2_000
    while not is_open(one):
        ask(one, backend, number)
        number += 1
        assert number < 3_000
    assert "shortcut 'compression' reopens" in caplog.text
    backend.asked.clear()
    ask(one, backend, 5_000)
    assert backend.lengths[0] is False
    assert one.report().faults == {}
    one.close()


def test_what_is_tried_while_it_is_closed_is_no_use_of_it() -> None:
    one, backend = made(), Readers(shortened=WRONG)
    number = 0
    while is_open(one):
        ask(one, backend, number)
        number += 1
    before = audited(one)
    kept = one.report().to_dict()["quality_kept"]["mean"]
    for more in range(10):
        ask(one, backend, 1_000 + more)
    found = audited(one)
    assert found == before
    assert one.report().to_dict()["quality_kept"]["mean"] > kept
    totals = one.report().totals
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total
    one.close()


def test_a_plan_knows_that_it_is_closed() -> None:
    one, backend = made(), Readers(shortened=WRONG)
    assert one.plan(asked(1), ROSTER).compression_ratio < 1.0
    for number in range(100):
        ask(one, backend, number)
    assert not is_open(one)
    plan = one.plan(asked(7), ROSTER)
    assert plan.compression_ratio == 1.0
    assert plan == ask(one, backend, 7).plan
    one.close()


@pytest.mark.parametrize("bandit", [False, True])
def test_what_was_found_survives_a_restart(tmp_path: Path, bandit: Any) -> None:
    given = {"state_dir": tmp_path, "bandit": {"enabled": bandit}}
    one, backend = made(**given), Readers(shortened=WRONG)
    number = 0
    while is_open(one):
        ask(one, backend, number)
        number += 1
    known = audited(one)
    one.close()
    assert COMPRESSION in (tmp_path / "bandit_state.json").read_text()
    again = made(**given)
    assert not is_open(again)
    assert audited(again) == known
    backend.asked.clear()
    ask(again, backend, 9_000)
    assert backend.lengths[0] is True
    again.close()


def test_with_audits_off_nothing_is_asked_twice() -> None:
    one, backend = made(audit={"enabled": False}), Readers(shortened=WRONG)
    for number in range(60):
        ask(one, backend, number)
    assert backend.lengths == [False] * 60
    assert is_open(one)
    assert one.report().totals.audits == 0
    one.close()


def test_prompts_that_are_sent_whole_are_not_audited() -> None:
    one, backend = made(), Readers()
    one.run(prompt("What is this?"), ROSTER, TextCodec(), backend)
    ask(one, backend, compress=False)
    assert len(backend.asked) == 2
    one.close()


def test_turns_that_are_left_out_are_not_compressions_business() -> None:
    """Old texts that nobody sends any more are not shortened ones."""
    from tests.unit.test_histories import conversation

    one = made(orchestrator={"history": "window", "default_token_budget": 1_000})
    backend = Readers()
    outcome = one.run(Prompt(conversation(30)), ROSTER, TextCodec(), backend)
    assert outcome.plan is not None
    assert {each.part for each in outcome.plan.unsent} == {"orchestrator"}
    assert len(backend.asked) == 1
    one.close()


def test_answers_from_memory_are_not_audited_for_it() -> None:
    one, backend = made(memory={"use_exact_cache": True}), Readers()
    ask(one, backend)
    before = len(backend.asked)
    outcome = ask(one, backend)
    assert outcome.recall.memo is not None
    assert outcome.unsent is None
    assert outcome.savings is not None
    assert outcome.savings.compression == 0
    assert len(backend.asked) == before
    one.close()


def test_audits_of_memory_ask_what_is_asked_now() -> None:
    """What compression loses is not held against memory."""
    one, backend = made(), Readers()
    outcome = run(audit(one.parts, asked(0), ROSTER, TextCodec(), Recall()), backend)
    assert backend.lengths == [False]
    assert outcome.audit == "memory_layer"
    totals = one.report().totals
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total
    one.close()


def test_answers_that_nothing_can_compare_are_not_asked_for() -> None:
    one, backend = made(audit={"compare": None}), Readers(PROSE, PROSE)
    ask(one, backend)
    assert len(backend.asked) == 1
    one.close()


def test_an_audit_that_fails_is_counted() -> None:
    class Flaky(Readers):
        def generate(self, ask: Generate) -> Reply:
            if self.asked:
                raise ConnectionError
            return super().generate(ask)

    one = made()
    outcome = ask(one, Flaky())
    assert outcome.reply is not None
    assert one.report().faults == {"audits:ConnectionError": 1}
    one.close()


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_audits_cost_no_more_than_their_share(share: float) -> None:
    one = made(audit={"rate": 0.2, "max_cost_share": share})
    backend = Readers()
    for number in range(300):
        ask(one, backend, number)
    totals = one.report().totals
    dearest = PRICES.prices["premium"].cost(Usage(len(TEXT) // 4 + 20, 12))
    answers = totals.cost - totals.audit_cost
    assert totals.audit_cost <= answers * Decimal(str(share)) + dearest
    assert totals.audits >= (1 if share else 0)
    one.close()


def test_pinned_answers_count_as_answers() -> None:
    """What audits may cost is a share of all that answers cost."""
    one = made(audit={"max_cost_share": 1.0, "rate": 0.5})
    backend = Readers()
    for number in range(100):
        ask(one, backend, number, pin="cheap")
    assert one.report().totals.audits > 20
    one.close()


@pytest.mark.parametrize("bandit", [{"aim": "save"}, {"aim": None, "cost_lambda": 3.0}])
def test_the_books_add_up_beside_other_audits(bandit: Any) -> None:
    one = made(bandit=bandit, cascading={"enabled": True})
    backend = Readers(shortened=WRONG)
    for number in range(40):
        ask(one, backend, number)
    totals = one.report().totals
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total
    assert sum(model.calls for model in totals.models) == len(backend.asked)
    assert one.report().faults == {}
    one.close()
