"""What tests of judges are made of: an account, and verdicts without a model."""

from collections.abc import Iterable
from typing import Any

from tests.kit import PRICES, THREE, prompt, reply
from tokenomics_shared.adapters.sqlite_ledger import SqliteLedger
from tokenomics_shared.drivers import run
from tokenomics_shared.effects import Generate
from tokenomics_shared.judge import Panel
from tokenomics_shared.ports import AskingJudge
from tokenomics_shared.telemetry import Books, Faults, OpenAccount
from tokenomics_shared.testing.play import Line, play
from tokenomics_shared.types import Prompt, Reply, Usage, Verdict


def account() -> OpenAccount:
    """An account whose charges and faults can be looked at."""
    faults = Faults()
    ledger = SqliteLedger(None, on_fault=lambda error: None)
    kept = Books(
        ledger,
        PRICES,
        lambda ask, text: Usage(estimated=True),
        faults=faults,
        now=lambda: 1.0,
        tick=lambda: 2.0,
    )
    ledger.close()
    return kept.open(THREE)


class Saying:
    """A model that says these texts, in turn; it remembers what it was asked."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.asked: list[Generate] = []

    def generate(self, ask: Generate) -> Reply:
        self.asked.append(ask)
        return reply(self.texts.pop(0))


def asked(judge: AskingJudge, model: Any, question: Prompt, answer: Reply) -> Verdict:
    """The verdict of a judge that asks this model."""
    return run(judge.ask(question, answer, account()), model)


def judged(
    panel: Panel,
    script: Iterable[Line] = (),
    *,
    answer: Reply | None = None,
    book: OpenAccount | None = None,
    **request: Any,
) -> Verdict:
    """A panel's verdict, by a script of what it asks for."""
    steps = panel.judge(prompt(**request), answer or reply(), book or account())
    return play(steps, script)
