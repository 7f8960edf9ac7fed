"""Recorded answers with how many tokens they had, by source."""

import csv
import gzip
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenomics_shared.orchestrator import complexity_of, estimate_tokens
from tokenomics_shared.planning import LengthSample
from tokenomics_shared.prediction.length_features import length_features

SETS = ("gsm8k", "gemini_flash", "claude_haiku", "mbpp")

_GPT4 = "gpt-4-1106-preview"
_ARENA = {"gemini_flash": "gemini-2.0-flash-001", "claude_haiku": "claude-3-haiku-20240307"}

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A question with the tokens of its answer."""

    question: str
    input_tokens: int
    output_tokens: int

    def sample(self, model: str, at: float) -> LengthSample:
        """The same as it is learned from."""
        complexity = complexity_of(self.question)
        features = length_features(self.question, complexity, self.input_tokens)
        return LengthSample(at, model, features, self.output_tokens)


def recorded(folder: Path, split: str, count: Count) -> dict[str, list[Recorded]]:
    """The four sets; answers without a token are left out."""
    found = {
        "gsm8k": list(_maths(folder / f"routing_gsm8k_{split}.csv.gz", count)),
        **{
            name: list(_arena(folder / f"multi_routerarena2_{split}.jsonl.gz", model))
            for name, model in _ARENA.items()
        },
        "mbpp": list(_code(folder / f"multi_routerbench_{split}.csv.gz", count)),
    }
    return {name: [each for each in found[name] if each.output_tokens > 0] for name in SETS}


def counter() -> tuple[Count, str]:
    """What counts tokens, and its name: GPT-4's own encoding where its file is at hand."""
    folder = _encodings()
    if folder is None or importlib.util.find_spec("tiktoken") is None:
        return estimate_tokens, "estimated from characters"
    # tiktoken looks there before it would fetch anything.
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    import tiktoken

    encoding = tiktoken.get_encoding("cl100k_base")
    return lambda text: len(encoding.encode_ordinary(text)), "cl100k_base"


def _encodings() -> Path | None:
    """The folder of encodings that LlamaIndex brings along."""
    found = importlib.util.find_spec("llama_index")
    places = found.submodule_search_locations if found else None
    for place in places or ():
        folder = Path(place) / "core" / "_static" / "tiktoken_cache"
        if folder.is_dir():
            return folder
    return None


def _maths(path: Path, count: Count) -> Iterator[Recorded]:
    """GPT-4's, those left out that it may have been trained on."""
    for row in _csv(path):
        if row["contaminated"] != "True":
            question = row["prompt"]
            yield Recorded(question, count(question), count(row["strong_response"]))


def _code(path: Path, count: Count) -> Iterator[Recorded]:
    for row in _csv(path):
        if row["task"] == "mbpp":
            question = row["prompt"]
            yield Recorded(question, count(question), count(row[f"resp|{_GPT4}"]))


def _arena(path: Path, model: str) -> Iterator[Recorded]:
    """With the tokens that the provider reported."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            given = row["models"].get(model)
            if given and given["output_tokens"]:
                yield Recorded(row["prompt"], given["input_tokens"] or 0, given["output_tokens"])


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
