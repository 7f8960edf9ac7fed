"""An embedder of words without a model: texts of the same words are near, and nothing is slow."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

WIDE = 256


def bag_of_words(texts: list[str]) -> NDArray[np.float32]:
    """A direction for each word, summed."""
    vectors = np.full((len(texts), WIDE), 1e-6, np.float32)
    for row, text in zip(vectors, texts, strict=True):
        for word in re.findall(r"\w+", text.lower()):
            row[crc32(word.encode()) % WIDE] += 1.0
    return vectors


class Wayward:
    """LangChain-shaped embeddings that may be told to raise, to wait, or to give nonsense."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.wait_s = 0.0
        self.give: Callable[[list[str]], Any] = bag_of_words

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        time.sleep(self.wait_s)
        if self.error is not None:
            raise self.error
        given: list[list[float]] = np.asarray(self.give(texts)).tolist()
        return given

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


FIXED: dict[str, Any] = {"max_false_hit_rate": None, "embedder": bag_of_words}
"""Settings of a memory that gives what shares most of its words."""

ASKED = "How do I reset my password in the settings?"
AGAIN = "How can I reset my password in the settings?"
THIRD = "How could I reset my password in the settings?"
ANSWER = "Open the settings, choose Security, and press Reset."
OTHER = "Write to support and wait for two days."


def taught(memory: Any, *questions: str, answer: str = ANSWER, **request: Any) -> None:
    """Let a memory have the same answer to these questions, one after the other."""
    for question in questions:
        memory.remember(question, answer, **request)
        memory.flush()


def given(memory: Any, questions: Sequence[str], **request: Any) -> list[str | None]:
    """What a memory gives for each question."""
    found = [memory.recall(question, **request) for question in questions]
    return [None if each is None else each.answer for each in found]
