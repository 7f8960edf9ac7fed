"""Two models and one that compares their answers, for tests to say what each of them says."""

import json
from collections.abc import Callable
from typing import Any

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM
from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import ChatRequest, LoopbackServer

JUDGE = "judge-1"
QUESTION = "How many legs do two spiders have?"
RIGHT = "Each of them has eight, so two have 16 legs."
WRONG = "Each of them has six, so two have 12 legs."
LONGER = f"Let me count. {RIGHT}"
MANY = "Spiders have many legs, more than most animals have. They put them to good use at that."
DEPENDS = "It depends on what counts as a leg. Some people count the feelers that are in front."
EVEN = {model: {"input": 1, "output": 1} for model in (CHEAP, PREMIUM)}
"""Prices at which audits cost no more than what they look at."""

ALL = {"rate": 1.0, "max_rate": 1.0, "max_cost_share": 1.0}
"""Every cheaper answer is audited."""

DRAFTS = {"enabled": False}
"""Every request starts at the cheapest arm."""


class Models:
    """What each model answers; tests change it."""

    def __init__(self) -> None:
        self.says: dict[str, Callable[[ChatRequest], str]] = {
            CHEAP: lambda _: RIGHT,
            PREMIUM: lambda _: LONGER,
            JUDGE: lambda _: finding("tie"),
        }

    def __call__(self, request: ChatRequest) -> str:
        return self.says[request.model](request)


def finding(winner: str, confidence: float = 0.9, better: float = 0.9, other: float = 0.9) -> str:
    scores = {"score_a": better, "score_b": other}
    told = {"explanation": "It counts.", "winner": winner, "confidence": confidence}
    return json.dumps({**told, **scores})


def preferring(text: str) -> Callable[[ChatRequest], str]:
    """A judge that prefers the answer with this text in it, wherever it stands."""

    def judge(request: ChatRequest) -> str:
        first = text in request.question.partition("<answer B")[0].partition("<answer A")[2]
        return finding("A", 0.9, 0.9, 0.2) if first else finding("B", 0.7, 0.2, 0.9)

    return judge


def make(server: LoopbackServer, **settings: Any) -> ChatTokenomics:
    models = {"cheap": openai_model(server, CHEAP), "premium": openai_model(server, PREMIUM)}
    return ChatTokenomics(**{**models, **settings})


def asked(server: LoopbackServer) -> list[str]:
    return [request["model"] for request in server.requests]
