"""The package's guard over a recorded stream."""

from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec

from memory_contenders import Guard, Verdict, no_guard
from memory_stream import Stream


def found() -> bool:
    """Whether this version of the package has a guard."""
    return find_spec("tokenomics_shared.memory.guard") is not None


def rules(stream: Stream) -> Guard:
    """The guard, with each prompt read once; one that lets everything pass where there is none."""
    if not found():
        return no_guard
    vetoes = import_module("tokenomics_shared.memory.guard").vetoes
    read = import_module("tokenomics_shared.memory.reading").read
    readings = lru_cache(maxsize=None)(lambda row: read(stream.prompts[row].text))

    @cache
    def judge(asked: int, stored: int) -> Verdict:
        objections = vetoes(readings(asked), readings(stored))
        if any(objection.core for objection in objections):
            return Verdict.CORE
        return Verdict.MINOR if objections else Verdict.CLEAR

    return judge
