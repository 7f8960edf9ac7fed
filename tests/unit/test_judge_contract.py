"""What every judge keeps to, alone and on a panel."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit import BALANCED, GOOD, POOR, prompt, reply
from tests.unit.judging import account
from tokenomics_shared.adapters.patient_judge import PatientJudge
from tokenomics_shared.adapters.rouge import RougeF
from tokenomics_shared.adapters.sacrebleu import SentenceBleu
from tokenomics_shared.drivers import run
from tokenomics_shared.judge import (
    AgreementJudge,
    Checks,
    ConfidenceJudge,
    FunctionJudge,
    LLMJudge,
    Panel,
    QuickCheck,
    ReferenceJudge,
)
from tokenomics_shared.ports import AskingJudge, Judge
from tokenomics_shared.types import Prompt, Reply, Verdict

JUDGES: dict[str, Callable[[], Judge | AskingJudge]] = {
    "checks": Checks,
    "checks of Python": lambda: Checks(python=True),
    "quick check": lambda: QuickCheck(0.5),
    "confidence": ConfidenceJudge,
    "function": lambda: FunctionJudge(lambda question, answer: len(answer) > 20, 0.5),
    "failing function": lambda: FunctionJudge(lambda question, answer: 1 / 0, 0.5),
    "patient": lambda: PatientJudge(QuickCheck(0.5)),
    "reference": lambda: ReferenceJudge(lambda asked: GOOD),
    "no reference": lambda: ReferenceJudge(lambda asked: None),
    "BLEU": lambda: ReferenceJudge(lambda asked: GOOD, SentenceBleu(), 0.3),
    "ROUGE": lambda: ReferenceJudge(lambda asked: GOOD, RougeF(), 0.3),
    "agreement": lambda: AgreementJudge(BALANCED),
    "model": lambda: LLMJudge(BALANCED),
}
REPLIES = st.builds(
    Reply,
    text=st.text(max_size=60)
    | st.sampled_from([GOOD, POOR, '{"score": 1}', "1 + 1 = 3", "```\nx"]),
    finish_reason=st.sampled_from(["stop", "length", ""]),
    logprobs=st.lists(st.floats(max_value=0.0), max_size=4).map(tuple),
)


class Model:
    """Answers everything with one text, or fails."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def generate(self, ask: Any) -> Reply:
        if self.text is None:
            raise OSError
        return Reply(self.text)


@pytest.fixture(params=sorted(JUDGES))
def judge(request: Any) -> Judge | AskingJudge:
    return JUDGES[request.param]()


def verdict_of(judge: Judge | AskingJudge, asked: Prompt, answer: Reply, model: Any) -> Verdict:
    return run(Panel(Checks(), judge).judge(asked, answer, account()), model)


def test_it_is_one_kind_of_judge(judge: Judge | AskingJudge) -> None:
    assert isinstance(judge, Judge) != isinstance(judge, AskingJudge)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_panel_of_it_always_has_a_verdict(data: st.DataObject) -> None:
    judge = JUDGES[data.draw(st.sampled_from(sorted(JUDGES)))]()
    asked = prompt(data.draw(st.text(max_size=60)))
    answer, model = data.draw(REPLIES), Model(data.draw(st.none() | st.text(max_size=60)))
    verdict = verdict_of(judge, asked, answer, model)
    assert 0.0 <= verdict.score <= 1.0
    assert not (verdict.accepted and verdict.abstained)
    assert verdict.accepted or verdict.reason
    assert verdict == verdict_of(judge, asked, answer, model)


def test_threads_share_it(judge: Judge | AskingJudge) -> None:
    model = Model('{"score": 0.9}')
    answers = [reply(text) for text in (GOOD, POOR, "The Danube.", GOOD.lower())]
    alone = [verdict_of(judge, prompt(), answer, model) for answer in answers]
    barrier = threading.Barrier(4)

    def together(place: int) -> list[Verdict]:
        barrier.wait()
        turned = answers[place:] + answers[:place]
        return [verdict_of(judge, prompt(), answer, model) for answer in turned]

    with ThreadPoolExecutor(4) as pool:
        for place, verdicts in enumerate(pool.map(together, range(4))):
            assert verdicts == alone[place:] + alone[:place]
