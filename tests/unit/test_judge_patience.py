"""A judge that hangs, and confidence, and references."""

import math
import threading
import time
from contextvars import ContextVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit import prompt, reply
from tests.unit.judging import account
from tokenomics_shared.adapters.patient_judge import PatientJudge
from tokenomics_shared.adapters.rouge import RougeF
from tokenomics_shared.adapters.sacrebleu import SentenceBleu
from tokenomics_shared.drivers import run
from tokenomics_shared.judge import Checks, ConfidenceJudge, FunctionJudge, Panel, ReferenceJudge
from tokenomics_shared.judge.confidence import confidence
from tokenomics_shared.types import Prompt, Verdict

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


class Hanging:
    """A judge that returns when it is let."""

    blocking = True

    def __init__(self) -> None:
        self.let = threading.Event()
        self.begun = 0

    def judge(self, asked: object, answer: object) -> Verdict:
        self.begun += 1
        self.let.wait(10.0)
        return Verdict(accepted=True, score=1.0)


def test_a_judge_that_hangs_is_given_up_and_has_not_accepted() -> None:
    hanging, book = Hanging(), account()
    panel = Panel(Checks(), PatientJudge(hanging, 0.02))
    backend: object = None
    verdict = run(panel.judge(prompt(), reply(), book), backend)  # type: ignore[arg-type]  # unused
    hanging.let.set()
    assert not verdict.accepted
    assert book.books.faults.counts() == {"judge:TimeoutError": 1}


def test_a_judge_that_keeps_hanging_piles_up_no_threads() -> None:
    hanging = Hanging()
    patient = PatientJudge(hanging, 0.01, max_stuck=3)
    for _ in range(10):
        with pytest.raises(TimeoutError):
            patient.judge(prompt(), reply())
    assert hanging.begun == 3
    hanging.let.set()
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        try:
            assert patient.judge(prompt(), reply()).accepted
            break
        except TimeoutError:
            time.sleep(0.01)
    else:
        pytest.fail("it never came back")


def test_whoever_waits_gets_the_judges_own_error_and_lends_it_its_context() -> None:
    WHO.set("the caller")

    def look(question: str, answer: str) -> float:
        raise LookupError(WHO.get())

    with pytest.raises(LookupError, match="the caller"):
        PatientJudge(FunctionJudge(look, 0.5)).judge(prompt(), reply())


def test_a_patient_judge_is_as_selective_as_the_one_it_waits_for() -> None:
    assert PatientJudge(ReferenceJudge(lambda asked: None)).selective
    assert not PatientJudge(FunctionJudge(lambda question, answer: 1.0, 0.5)).selective


def test_confidence_reads_quantiles() -> None:
    read = confidence([-float(n) for n in range(11)])
    assert read is not None
    assert (read.tokens, read.mean, read.least, read.median) == (11, -5.0, -10.0, -5.0)
    assert (read.low10, read.low5, read.unsure) == (-9.0, -9.5, 10 / 11)


@given(st.lists(st.floats()))
def test_confidence_reads_whatever_providers_write(logprobs: list[float]) -> None:
    read = confidence(logprobs)
    assert (read is None) == all(map(math.isnan, logprobs))
    if read is not None:
        assert -20.0 <= read.least <= read.low5 <= read.low10 <= read.median <= 0.0
        assert 0.0 <= read.unsure <= 1.0
    verdict = ConfidenceJudge(0.5).judge(prompt(), reply(logprobs=tuple(logprobs)))
    assert verdict.abstained == (read is None)
    assert verdict.likelihood is None


def test_sure_words_are_accepted_and_a_few_unsure_ones_are_not() -> None:
    judge = ConfidenceJudge(0.5)
    assert judge.judge(prompt(), reply(logprobs=(-0.1,) * 20)).accepted
    unsure = judge.judge(prompt(), reply(logprobs=(-0.1,) * 17 + (-3.0,) * 3))
    assert (unsure.accepted, unsure.reason) == (False, "confidence 0.05 under 0.50")


@pytest.mark.parametrize("metric", [SentenceBleu(), RougeF(), RougeF("rouge1", stem=False)])
def test_metrics_are_highest_for_the_reference_itself(metric: SentenceBleu | RougeF) -> None:
    text = "The river that flows through Vienna is the Danube."
    assert metric(text, text) == pytest.approx(1.0)
    assert 0.0 < metric("The river in Vienna is the Danube.", text) < 1.0
    assert metric("", text) == metric("", "") == 0.0


def test_an_answer_is_judged_by_its_own_requests_reference() -> None:
    known = {"Why?": "Because of the rain in the mountains."}

    def reference(asked: Prompt) -> str | None:
        return known.get(asked.question)

    judge = ReferenceJudge(reference, RougeF(), 0.4)
    assert judge.judge(prompt("Why?"), reply("The rain in the mountains.")).accepted
    assert judge.judge(prompt("Why?"), reply("Nobody knows.")).reason.startswith(
        "like the reference"
    )
    assert judge.judge(prompt("Who?"), reply("Ada.")).abstained
