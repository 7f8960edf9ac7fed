"""Audits of shortcuts: after the answer, within their money, in the report, closing what is bad."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit import ROSTER, THREE, prompt
from tests.unit.routed import RIGHT, WRONG, Models, ask, good, hopeless, routed
from tokenomics_shared import Engine
from tokenomics_shared.drivers import Done
from tokenomics_shared.effects import Generate
from tokenomics_shared.testing import TextCodec
from tokenomics_shared.types import Reply

ALL: dict[str, Any] = {"rate": 1.0, "max_rate": 1.0, "max_cost_share": 1.0}
CHEAPLY: dict[str, Any] = {"aim": None, "cost_lambda": 3.0}


def is_open(made: Engine, name: str = "cheap") -> bool:
    found: bool = made.parts.router.evidence.shortcuts.is_open(name)  # type: ignore[attr-defined]
    return found


class Patient(Models):
    """Its premium answers only when it may, and never to the thread that asks first."""

    def __init__(self) -> None:
        super().__init__(good)
        self.may, self.asked_premium = threading.Event(), threading.Event()
        self.threads: list[str] = []

    def generate(self, ask: Generate) -> Reply:
        if ask.strategy.tier == "premium":
            self.threads.append(threading.current_thread().name)
            self.asked_premium.set()
            assert self.may.wait(10.0)
        return super().generate(ask)

    async def agenerate(self, ask: Generate) -> Reply:
        return self.generate(ask)


@pytest.mark.parametrize("way", ["run", "arun", "stream", "astream"])
async def test_nobody_waits_for_an_audit(way: str) -> None:
    made = routed(at_once=False, bandit=CHEAPLY, audit=ALL)
    backend = Patient()
    request = (prompt(), ROSTER, TextCodec(), backend)
    match way:
        case "run":
            outcome = made.run(*request)
        case "arun":
            outcome = await made.arun(*request)
        case "stream":
            outcome = list(made.stream(*request))[-1].result
        case _:
            *_, done = [chunk async for chunk in made.astream(*request)]
            assert isinstance(done, Done)
            outcome = done.result
    assert outcome.strategy == "cheap"
    assert backend.asked_premium.wait(10.0)
    assert backend.threads == ["tokenomics-audits"]
    assert made.report().totals.audits == 0
    backend.may.set()
    made.flush()
    assert made.report().totals.audits == 1
    made.close()


def test_what_is_pending_is_audited_when_the_engine_is_closed() -> None:
    made = routed(at_once=False, bandit=CHEAPLY, audit=ALL)
    backend = Patient()
    for number in range(5):
        made.run(prompt(f"What is {number}?"), ROSTER, TextCodec(), backend)
    backend.may.set()
    ledger = made.parts.books.ledger
    totals = []
    close = ledger.close
    ledger.close = lambda: (totals.append(ledger.totals()), close())  # type: ignore[method-assign]
    made.close()
    assert totals[0].audits == 5


@pytest.mark.parametrize(("cascade", "part"), [(True, "cascade"), (False, "bandit")])
def test_an_audit_is_paid_by_the_part_whose_shortcut_it_is_about(cascade: Any, part: str) -> None:
    made = routed(bandit=CHEAPLY, audit=ALL, cascading={"enabled": cascade})
    outcome = ask(made, good)
    totals = made.report().totals
    saved = totals.savings.by_part()
    assert outcome.savings is not None
    assert totals.audits == 1
    assert totals.audit_cost > 0
    assert saved[part] == outcome.savings.by_part()[part] - totals.audit_cost
    assert totals.requests == 1
    made.close()


@pytest.mark.parametrize(("says", "loss"), [(good, 0.0), (hopeless, 1.0)])
def test_the_report_tells_the_audited_quality(says: Any, loss: float) -> None:
    made = routed(bandit=CHEAPLY, audit=ALL)
    for number in range(5):
        ask(made, says, f"What is item {number}?")
    report = made.report()
    (found,) = report.totals.audited
    assert (found.shortcut, found.audits, found.loss) == ("cheap", 5, loss)
    assert "Quality kept overall" in str(report)
    kept = report.to_dict()["quality_kept"]
    assert kept["mean"] == pytest.approx(1.0 - loss)
    assert kept["interval"][0] <= kept["mean"] <= kept["interval"][1]
    made.close()


@pytest.mark.parametrize("share", [0.0, 0.02, 0.05, 0.3])
def test_audits_cost_no_more_than_their_share(share: float) -> None:
    made = routed(bandit=CHEAPLY, audit={"rate": 0.2, "max_rate": 1.0, "max_cost_share": share})
    for number in range(400):
        ask(made, good, f"What is item {number}?")
    totals = made.report().totals
    one = Decimal(12) * 10 / 10**6 + Decimal(20) * Decimal("2.5") / 10**6
    answers = totals.cost - totals.audit_cost
    # What is spent is known once it is spent: the share may be passed by one audit.
    assert totals.audit_cost <= answers * Decimal(str(share)) + one
    assert totals.audits >= (1 if share else 0)
    made.close()


def test_with_audits_off_nothing_is_asked_twice() -> None:
    made, backend = routed(bandit=CHEAPLY, audit={"enabled": False}), Models(hopeless)
    for number in range(60):
        ask(made, backend, f"What is item {number}?")
    assert set(backend.tiers) == {"cheap"}
    assert made.report().totals.audits == 0
    made.close()


def turned(says_first: Any, says_then: Any, *, feedback: bool, audit: Any) -> tuple[int, Engine]:
    """Requests after which the cheap shortcut turned from what it was; 0 for never."""
    made = routed(bandit=CHEAPLY, audit=audit)
    for number in range(200):
        outcome = ask(made, says_first, f"What is item {number}?")
        if feedback:
            made.feedback(outcome.request_id, float(RIGHT in str(outcome.reply)))
    assert is_open(made)
    for number in range(300):
        outcome = ask(made, says_then, f"What is thing {number}?")
        if feedback:
            made.feedback(outcome.request_id, float(RIGHT in str(outcome.reply)))
        if not is_open(made):
            return number + 1, made
    return 0, made


@pytest.mark.parametrize("feedback", [True, False])
def test_a_model_that_turns_bad_is_closed_and_opened_when_it_is_good_again(
    feedback: Any, caplog: pytest.LogCaptureFixture
) -> None:
    audit = {"rate": 0.05, "max_cost_share": 0.05 if feedback else 1.0}
    after, made = turned(good, hopeless, feedback=feedback, audit=audit)
    assert 0 < after <= 300
    assert "shortcut 'cheap' closes" in caplog.text
    outcome = ask(made, hopeless, "What now?")
    assert outcome.strategy == "premium"
    assert "cheap is closed" in outcome.trace[0]
    for number in range(300):
        ask(made, hopeless, f"What is still bad {number}?")
    assert not is_open(made)
    for number in range(3_000):
        ask(made, good, f"What is good again {number}?")
        if is_open(made):
            break
    assert is_open(made)
    assert "shortcut 'cheap' reopens" in caplog.text
    assert ask(made, good, "And now?").strategy == "cheap"
    assert made.report().faults == {}
    made.close()


def test_a_good_model_stays_open() -> None:
    made = routed(audit={"rate": 0.2, "max_cost_share": 1.0})
    for number in range(600):
        ask(made, good, f"What is item {number}?")
    assert is_open(made)
    made.close()


def test_an_audit_that_fails_is_counted_and_goes_on() -> None:
    def failing(tier: str, question: str) -> str:
        if tier == "premium":
            raise ConnectionError
        return RIGHT

    made = routed(bandit=CHEAPLY, audit=ALL)
    for number in range(3):
        assert ask(made, failing, f"What is item {number}?").reply is not None
    assert made.report().faults == {"audits:ConnectionError": 3}
    made.close()


SCRIPTS = st.lists(
    st.tuples(
        st.sampled_from(["right", "wrong", "broken", "fails"]),
        st.sampled_from(["right", "fails"]),
        st.sampled_from(["", "cheap", "premium"]),
        st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    ),
    max_size=12,
)


@settings(max_examples=40)
@given(
    script=SCRIPTS,
    seed=st.integers(0, 9),
    bandit=st.sampled_from([{}, {"aim": "save"}, CHEAPLY, {"reward": "blended"}]),
    judges=st.sampled_from([("checks",), ("checks", "scorer"), ("checks", "agreement", "llm")]),
    three=st.booleans(),
)
def test_the_books_add_up_whatever_happens(
    script: Any, seed: int, bandit: Any, judges: Any, three: Any
) -> None:
    """Every call is in the ledger once, and what each part saved adds up to the whole."""
    said = {"right": RIGHT, "wrong": WRONG, "broken": ""}
    current: list[Any] = []

    def says(tier: str, question: str) -> str:
        if tier == "judge":
            return '{"reasoning": "It says it.", "score": 0.9}'
        what = current[0][tier == "premium"]
        if what == "fails":
            raise ConnectionError
        return said[what]

    from tests.unit.test_parity_routing import JUDGES

    roster = THREE if three else ROSTER
    roster = type(roster)({**roster.tiers, **JUDGES}, roster.arms)
    judge = {"judges": judges, "model": "judge-1", "second_model": "small-2"}
    made = routed(bandit={**bandit, "seed": seed}, judge=judge, audit=ALL)
    backend, failed = Models(says), 0
    for number, (cheap, premium, pin, score) in enumerate(script):
        current[:] = [(cheap, premium)]
        asked = prompt(f"What is item {number}?", pin=pin or None)
        try:
            outcome = ask(made, backend, asked, roster)
        except ConnectionError:
            failed += 1
            continue
        assert outcome.cost == sum(charge.cost or 0 for charge in outcome.charges)
        if score is not None and not pin:
            made.feedback(outcome.request_id, score)
    totals = made.report().totals
    assert (totals.requests, totals.failed) == (len(script), failed)
    assert sum(model.calls for model in totals.models) == len(backend.asked)
    assert totals.cost == sum(model.cost for model in totals.models)
    assert totals.baseline_cost - totals.compared_cost == totals.savings.total
    assert sum(totals.savings.by_part().values()) == totals.savings.total
    assert 0 <= totals.audit_cost <= totals.cost
    made.close()
