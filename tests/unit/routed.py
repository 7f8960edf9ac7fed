"""What tests of routing are made of: models that answer any question, and whole runs of them."""

from collections.abc import Callable, Generator
from typing import Any

from tests.kit import PRICES, ROSTER, prompt, reply
from tokenomics_shared import Engine, TokenomicsConfig
from tokenomics_shared.effects import Generate
from tokenomics_shared.ports import Chunk
from tokenomics_shared.testing import ScriptedBackend, TextCodec
from tokenomics_shared.testing.completions import words
from tokenomics_shared.types import Outcome, Prompt, Reply, Roster, Usage

RIGHT = "The answer to this question is 42."
WRONG = "The answer to this question is 17."

Says = Callable[[str, str], str]
"""`(tier, question) -> text` of what a model says."""


class Models(ScriptedBackend):
    """Answers every question, each tier as it does."""

    def __init__(self, says: Says) -> None:
        super().__init__({})
        self.says = says

    def generate(self, ask: Generate) -> Reply:
        self.asked.append(ask)
        text = self.says(ask.strategy.tier, ask.prompt.question)
        return reply(text, usage=Usage(20, 12))

    def stream(self, ask: Generate) -> Generator[Chunk, None, None]:
        answer = self.generate(ask)
        for word in words(answer.text):
            yield Chunk((word, answer), word)

    @property
    def tiers(self) -> list[str]:
        """Who was asked, in order."""
        return [ask.strategy.tier for ask in self.asked]


def good(tier: str, question: str) -> str:
    """Every model is right."""
    return RIGHT


def hopeless(tier: str, question: str) -> str:
    """Premium alone is right."""
    return RIGHT if tier == "premium" else WRONG


def routed(*, at_once: bool = True, by: Any = None, prices: Any = PRICES, **given: Any) -> Engine:
    """An engine that routes, the same way every time, and does everything at once."""
    bandit = {"seed": 1} | given.pop("bandit", {})
    memory = {"use_exact_cache": False} | given.pop("memory", {})
    config = TokenomicsConfig(bandit=bandit, memory=memory, **given)
    return Engine.build(config, judge=by, prices=prices, at_once=at_once)


def ask(made: Engine, says: Says | Models, question: Any = "", roster: Roster = ROSTER) -> Outcome:
    backend = says if isinstance(says, Models) else Models(says)
    asked = question if isinstance(question, Prompt) else prompt(question or "What is this?")
    return made.run(asked, roster, TextCodec(), backend)


def worth(outcome: Outcome) -> float:
    """What an answer is worth."""
    assert outcome.reply is not None
    return float(outcome.reply.text == RIGHT)


def lived(
    made: Engine, says: Says | Models, count: int, *, roster: Roster = ROSTER, start: int = 0
) -> list[str]:
    """Who answered each of so many questions, all with feedback."""
    arms = []
    for number in range(start, start + count):
        outcome = ask(made, says, f"What is known of item {number}?", roster)
        made.feedback(outcome.request_id, worth(outcome))
        arms.append(outcome.strategy)
    return arms
