"""A model that answers from what it is shown: the sentences that share most with the question."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from tokenomics_shared.testing import ChatRequest

SENTENCES = 3
"""Sentences of an answer."""

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s)[^.!?\n]*)*[.!?]?")
_WORD = re.compile(r"[^\W_]+")
_PROMPT = re.compile(r"-{5,}\n(?P<context>.*?)\n-{5,}.*?Query: (?P<query>.*?)\nAnswer:", re.DOTALL)
_COMMON = frozenset(
    "a an and are as at be by did do does for from had has have how in is it its many much name "
    "of on or that the their they to was were what when where which who whom whose "
    "why with".split()
)


def read(request: ChatRequest) -> str:
    """Answer the query of LlamaIndex's question template."""
    found = _PROMPT.search(request.question)
    if found is None:
        return "There is nothing to read."
    return answer(found["context"], found["query"])


def answer(context: str, query: str) -> str:
    """The sentences that share the rarest words with the query, in the order they stand in."""
    sentences = [text.strip() for text in _SENTENCE.findall(context) if text.strip()]
    asked = set(_stems(query))
    read = [_stems(sentence) for sentence in sentences]
    among = Counter(stem for stems in read for stem in set(stems))
    rare = {stem: math.log(1 + len(sentences) / among[stem]) for stem in asked if among[stem]}
    scores = [_score(stems, rare) for stems in read]
    best = sorted(range(len(sentences)), key=lambda at: (-scores[at], at))[:SENTENCES]
    return " ".join(sentences[at] for at in sorted(best))


def _score(stems: Sequence[str], rare: dict[str, float]) -> float:
    return sum(rare.get(stem, 0.0) for stem in set(stems)) / math.sqrt(8 + len(stems))


def _stems(text: str) -> list[str]:
    return [word[:5] for word in _WORD.findall(text.lower()) if word not in _COMMON]
