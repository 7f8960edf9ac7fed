"""Pairs played to the whole memory: one request is answered and kept, then another comes.

Near misses that change the answer and paraphrases that don't; whole requests of several turns that
may or must not share an answer. Nothing is simulated here: requests go through `Memory` with its
own embedder, keys, rules and store. Only the guard's natural cost is the guard's alone.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from harness import Figure
from memory_stream import embed

from tokenomics_shared import Memory
from tokenomics_shared.memory.guard import vetoes
from tokenomics_shared.memory.reading import read
from tokenomics_shared.types import Memo, Message, Prompt, Reply, Roster

NEAR = 0.85
"""Cosine of the seeds' rule, from which the guard is asked in the permissive setting."""

PERMISSIVE: Mapping[str, Any] = {"max_false_hit_rate": None, "direct_return_threshold": NEAR}
DEFAULT: Mapping[str, Any] = {"audit_rate": 0.0}

SETTINGS = {
    "adversarial": PERMISSIVE,
    "adversarial_default": DEFAULT,
    "adversarial_unguarded": {**PERMISSIVE, "guard": False},
}
"""With one kept question: by the seeds' threshold and the guard, as it comes, by the threshold."""

LEAST_CLASS = 30
"""Pairs that a class needs to be the worst one."""

_SOURCES = ("banking77", "clinc150", "qqp")
_LIVES_S = 60.0
"""Seconds that answers live here, so that questions about the present may be answered too."""

_DRAWS = 1_000


@dataclass(slots=True)
class OneEntry:
    """A memory that is asked right after one question was answered."""

    memory: Memory
    now: float = 1e9

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "OneEntry":
        """Make it."""
        made = cls(Memory(clock=lambda: made.now, **settings))
        return made

    def serves(self, kept: Prompt, asked: Prompt, later_s: float = 0.0) -> bool:
        """Whether the first request's answer is given to the second one."""
        self.memory.clear()
        roster = Roster({}, ())
        answer = "The answer to the first question."
        self.memory.take_in_reply(kept, Reply(answer), json.dumps(answer), _text, roster)
        self.memory.flush()
        self.now += later_s
        return self.memory.find(asked, roster).memo is not None


def adversarial(folder: Path, split: str) -> dict[str, Figure]:
    """Near misses and paraphrases with one kept question, in three settings."""
    rows = _rows(folder / f"semcache_adversarial_{split}.jsonl")
    figures: dict[str, Figure] = {}
    for name, settings in SETTINGS.items():
        cache = OneEntry.of({**settings, "ttl_s": _LIVES_S})
        served = [cache.serves(_question(row["a"]), _question(row["b"])) for row in rows]
        cache.memory.close()
        right = [s for s, row in zip(served, rows, strict=True) if row["same_answer"]]
        wrong = [s for s, row in zip(served, rows, strict=True) if not row["same_answer"]]
        figures[f"{name}_wrong_served"] = _share(wrong)
        figures[f"{name}_right_served"] = _share(right)
        figures[f"{name}_worst_class"] = _worst_class(rows, served)
    return figures


def guard_cost(folder: Path, split: str) -> dict[str, Figure]:
    """Share of the right pairs at the seeds' cosine that a rule of the guard refuses."""
    rows = [
        row
        for row in _rows(folder / f"semcache_{split}.jsonl")
        if row["duplicate"] and row["source"] in _SOURCES
    ]
    vectors = embed([text for row in rows for text in (row["a"], row["b"])])
    near = np.einsum("ij,ij->i", vectors[::2], vectors[1::2]) >= NEAR
    blocked: dict[str, list[bool]] = {source: [] for source in _SOURCES}
    for row, is_near in zip(rows, near, strict=True):
        if is_near:
            blocked[row["source"]].append(bool(vetoes(read(row["a"]), read(row["b"]))))
    figures = {f"guard_natural_cost_{s}": _share(found) for s, found in blocked.items() if found}
    return {
        "guard_natural_cost": _share([b for found in blocked.values() for b in found]),
        **figures,
    }


def multiturn(folder: Path, split: str) -> dict[str, Figure]:
    """Whole requests: how many of those that must not, and that may, share an answer do."""
    rows = _rows(folder / f"semcache_multiturn_{split}.jsonl")
    counts: Counter[tuple[bool, bool]] = Counter()
    cache = OneEntry.of({**PERMISSIVE, "allow_tools": True, "allow_structured": True})
    for row in rows:
        later = _at(row["b"]) - _at(row["a"])
        served = cache.serves(_request(row["a"]), _request(row["b"]), later)
        counts[bool(row["may_share"]), served] += 1
    cache.memory.close()
    return {
        "multiturn_wrong_served": Figure(counts[False, True]),
        "multiturn_right_served": Figure(counts[True, True]),
        "multiturn_must_not_share": Figure(counts[False, True] + counts[False, False]),
        "multiturn_may_share": Figure(counts[True, True] + counts[True, False]),
    }


def _worst_class(rows: list[dict[str, Any]], served: list[bool]) -> Figure:
    by_class: dict[str, list[bool]] = {}
    for row, was in zip(rows, served, strict=True):
        if not row["same_answer"]:
            by_class.setdefault(row["class"], []).append(was)
    shares = {
        name: sum(found) / len(found)
        for name, found in by_class.items()
        if len(found) >= LEAST_CLASS
    }
    return Figure(max(shares.values(), default=0.0))


def _share(found: list[bool]) -> Figure:
    """A share with a bootstrap interval."""
    values = np.array(found, np.float64)
    random = np.random.default_rng(0)
    drawn = random.choice(values, (_DRAWS, len(values))).mean(axis=1)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Figure(float(values.mean()), (float(low), float(high)))


def _question(text: str) -> Prompt:
    # Of somebody, so that personal questions are answered as well.
    return Prompt((Message("human", text),), tenant="somebody")


def _request(row: Mapping[str, Any]) -> Prompt:
    """A recorded request; ids and streaming are no part of it."""
    named = {name: row[name] for name in ("temperature", "n", "user", "stream") if name in row}
    return Prompt(
        tuple(Message(turn["role"], turn["content"]) for turn in row["messages"]),
        tools=tuple({"name": name} for name in row.get("tools", ())),
        response_format=row.get("response_format"),
        params={**named, "model": row["model"]},
        max_tokens=row.get("max_tokens"),
        tenant=row["tenant"],
    )


def _at(row: Mapping[str, Any]) -> float:
    at = row.get("at")
    return datetime.fromisoformat(at).timestamp() if at else 0.0


def _text(memo: Memo) -> str:
    return str(json.loads(memo.payload))


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


PARTS: tuple[Callable[[Path, str], dict[str, Figure]], ...] = (adversarial, guard_cost, multiturn)
"""What is played."""
