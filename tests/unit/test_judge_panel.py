"""Panels: the order of judges, what their verdicts add up to, and judges that fail."""

from typing import Any

import pytest

from tests.kit import BALANCED, prompt, reply
from tests.unit.judging import account, judged
from tokenomics_shared.effects import Call, Generate, Steps
from tokenomics_shared.errors import CallFailed
from tokenomics_shared.judge import (
    AgreementJudge,
    Checks,
    ConfidenceJudge,
    FunctionJudge,
    Panel,
    QuickCheck,
    ReferenceJudge,
)
from tokenomics_shared.types import Prompt, Reply, ToolCall, Verdict

PASSED = Verdict(accepted=True, score=1.0)
UNSURE = Verdict(False, 0.0, "could not tell", abstained=True)


class Saying:
    """A judge that says this, and notes that it was asked."""

    def __init__(
        self, verdict: Any, heard: list[Any] | None = None, *, blocking: bool = False
    ) -> None:
        self.verdict = verdict
        self.blocking = blocking
        self.heard = [] if heard is None else heard

    def judge(self, asked: Prompt, answer: Reply) -> Verdict:
        self.heard.append(self.verdict)
        if isinstance(self.verdict, Exception):
            raise self.verdict
        verdict: Verdict = self.verdict
        return verdict


class Selective(Saying):
    selective = True


def score(value: float) -> Verdict:
    return Verdict(value >= 0.5, value)


def test_a_panel_stops_at_the_first_rejection() -> None:
    heard: list[Any] = []
    panel = Panel(*(Saying(score(value), heard) for value in (0.9, 0.1, 0.8)))
    verdict = judged(panel)
    assert (verdict.accepted, verdict.score) == (False, 0.1)
    assert heard == [score(0.9), score(0.1)]


def test_judges_are_asked_in_order_of_price() -> None:
    heard: list[Any] = []
    local, slow = Saying(score(0.7), heard), Saying(score(0.6), heard, blocking=True)
    panel = Panel(Checks(), AgreementJudge(BALANCED), slow, local)
    verdict = judged(panel, [(Call, slow.judge(prompt(), reply())), (Generate, reply())])
    assert verdict == PASSED
    assert heard[-1] == score(0.7)


def test_a_panel_asks_no_judge_of_text_about_a_tool_call_or_json() -> None:
    of_text = Saying(score(0.0))
    panel = Panel(Checks(), of_text)
    assert judged(panel, answer=reply("", tool_calls=(ToolCall("a", "{}"),))).accepted
    assert judged(panel, answer=reply("{}"), response_format={"type": "json_object"}).accepted
    assert of_text.heard == []


def test_what_judges_on_the_way_knew_is_carried_along() -> None:
    scorer = Saying(Verdict(True, 0.8, likelihood=0.83, features=(1.0, 2.0)))
    last = Verdict(False, 0.2, "no")
    verdict = judged(Panel(Checks(), scorer, Saying(last)))
    assert (verdict.accepted, verdict.score, verdict.reason) == (False, 0.2, "no")
    assert verdict.likelihood == 0.83
    assert verdict.features == (1.0, 2.0)


def test_abstaining_is_not_accepting() -> None:
    later = Saying(PASSED)
    verdict = judged(Panel(Checks(), Saying(UNSURE), later))
    assert (verdict.accepted, verdict.abstained) == (False, True)
    assert later.heard == []


def test_a_selective_judge_with_nothing_to_read_leaves_it_to_the_others() -> None:
    assert judged(Panel(Checks(), ConfidenceJudge(), QuickCheck(0.5))).accepted
    assert not judged(Panel(Checks(), Saying(score(0.1)), Selective(UNSURE))).accepted
    assert judged(Panel(Checks(), Saying(score(0.9)), Selective(UNSURE))).score == 0.9


def test_an_answer_that_nobody_could_judge_is_not_accepted() -> None:
    verdict = judged(Panel(Checks(), ConfidenceJudge(), Selective(UNSURE)))
    assert (verdict.accepted, verdict.abstained) == (False, True)
    assert verdict.reason == "nothing to judge by"


def test_checks_alone_decide_when_there_is_no_judge_of_text() -> None:
    assert judged(Panel(Checks())) == PASSED


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (OSError(), "judge:OSError"),
        (Verdict(True, float("nan")), "judge:JudgeError"),
        (Verdict(True, 1.5), "judge:JudgeError"),
        (Verdict(True, 0.5, likelihood=-0.1), "judge:JudgeError"),
        (Verdict(True, 0.5, abstained=True), "judge:JudgeError"),
        (None, "judge:AttributeError"),
    ],
)
def test_a_judge_that_fails_has_not_accepted_and_is_counted(said: Any, fault: str) -> None:
    book = account()
    verdict = judged(Panel(Checks(), Saying(said), Saying(PASSED)), book=book)
    assert verdict == Verdict(accepted=False, score=0.0, reason="judge failed", abstained=True)
    assert book.books.faults.counts() == {fault: 1}


def test_a_blocking_judge_that_fails_has_not_accepted() -> None:
    book = account()
    judge = FunctionJudge(lambda question, answer: 1.0, 0.5)
    assert not judged(Panel(Checks(), judge), [(Call, OSError())], book=book).accepted
    assert book.books.faults.counts() == {"judge:OSError": 1}


def test_a_judge_whose_model_fails_has_not_accepted_and_its_call_is_charged() -> None:
    book = account()
    script = [(Generate, CallFailed(OSError()))]
    assert not judged(Panel(Checks(), AgreementJudge(BALANCED)), script, book=book).accepted
    assert [(each.purpose, each.status) for each in book.charges] == [("judge", "failed")]


def test_leaving_while_a_judge_is_asked_leaves_at_once() -> None:
    steps: Steps[Verdict] = Panel(Checks(), AgreementJudge(BALANCED)).judge(
        prompt(), reply(), account()
    )
    assert isinstance(next(steps), Generate)
    steps.close()


def test_a_reference_is_looked_up_where_it_may_block() -> None:
    judge = ReferenceJudge(lambda asked: "Danube")
    assert judge.blocking
    verdict = judge.judge(prompt(), reply("danube."))
    assert judged(Panel(Checks(), judge), [(Call, verdict)]).accepted
