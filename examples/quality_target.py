"""A quality target: spend least while 95 % of premium's quality is kept, and see that it is.

Two models on a loopback server stand in for real ones: the cheap one adds well up to a hundred.
Put `"openai:gpt-4o-mini"` and `"openai:gpt-4o"` in their place.
"""

import random

from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import ChatRequest, LoopbackServer

LIMIT = 100
"""From where the cheap model forgets to carry."""


def total(question: str) -> int:
    """What is right."""
    return sum(int(word) for word in question.replace("?", "").split() if word.isdigit())


def add(request: ChatRequest) -> str:
    """Answer as one of two models would: the cheap one forgets to carry."""
    answer = total(request.question)
    if request.model == "cheap" and answer >= LIMIT:
        answer -= LIMIT
    return f"Added up, the numbers of the question come to {answer}."


chance = random.Random(7)
with LoopbackServer(add) as server:
    llm = ChatTokenomics(
        cheap=f"openai:cheap@{server.url}",
        premium=f"openai:premium@{server.url}",
        prices={"cheap": {"input": 0.15, "output": 0.60}, "premium": {"input": 2.5, "output": 10}},
        quality_target=0.95,  # or aim="save" (90 %), "balanced" (95 %), "quality" (98 %)
        bandit={"seed": 7},
    )
    for _ in range(200):
        limit = chance.choice([40, 40, 40, 400])
        question = f"How much is {chance.randrange(limit)} plus {chance.randrange(limit)} ?"
        message = llm.invoke(question)
        # What an answer was worth, whenever it is known: thumbs, tests, edits.
        right = f" {total(question)}." in message.text
        if not message.response_metadata["tokenomics"]["cache_hit"]:
            llm.engine.feedback(message, 1.0 if right else 0.0)

    compared = llm.compare_with_baseline("How much is 7 plus 5 ?")
    print(f"Against premium: {compared.winner}. {compared.explanation}")
    print(f"It cost {compared.optimized_cost}, premium {compared.baseline_cost} dollars.")

    llm.engine.flush()  # audits are made in the background
    print(llm.engine.report())
