"""The vectors held in a process are those of the store, whatever has happened."""

from dataclasses import dataclass

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.vectors import DIMENSIONS, unit
from tokenomics_shared.adapters.slots import SlotIndex
from tokenomics_shared.adapters.sqlite import Database
from tokenomics_shared.adapters.sqlite_memos import SCHEMA
from tokenomics_shared.adapters.sqlite_prompts import SqlitePrompts
from tokenomics_shared.memory.shelves import Shelves
from tokenomics_shared.types import Question

VECTORS = unit(12)
PARTITIONS = (b"p", b"q")
WHO = "random"


def _fail(error: Exception) -> None:
    raise error


@dataclass
class Process:
    """One of two that share a store."""

    store: SqlitePrompts
    shelves: Shelves


class ShelvesLikeADict(RuleBasedStateMachine):
    """Two processes add, remove, quarantine and begin anew; both find what the store has."""

    which = st.integers(0, 1)
    number = st.integers(0, 11)

    def __init__(self) -> None:
        super().__init__()
        self.database = Database(None, SCHEMA, _fail)
        self.processes = [self.opened(), self.opened()]
        self.model: dict[int, int] = {}
        self.quarantined: set[int] = set()

    def opened(self) -> Process:
        store = SqlitePrompts(self.database)
        return Process(
            store, Shelves(store, WHO, lambda _: SlotIndex(DIMENSIONS), max_entries=1_000)
        )

    def question(self, number: int, group: int) -> Question:
        key = bytes([number]) * 16
        return Question(key, PARTITIONS[number % 2], group, WHO, f"question {number}")

    @rule(which=which, number=number, group=st.integers(1, 3))
    def add(self, which: int, number: int, group: int) -> None:
        process, question = self.processes[which], self.question(number, group)
        process.store.put(question, VECTORS[number])
        process.shelves.add(question.partition, question.entry, group, VECTORS[number])
        self.database.flush()
        self.model[number] = group

    @rule(which=which, number=number)
    def remove(self, which: int, number: int) -> None:
        process, question = self.processes[which], self.question(number, 0)
        process.shelves.remove(question.partition, question.entry)
        process.store.remove(question.entry)
        self.database.flush()
        self.model.pop(number, None)

    @rule(which=which, group=st.integers(1, 3))
    def quarantine(self, which: int, group: int) -> None:
        self.processes[which].store.quarantine(group, 100.0)
        self.database.flush()
        self.quarantined.add(group)

    @rule(which=which)
    def reopen(self, which: int) -> None:
        self.processes[which] = self.opened()

    @rule(which=which)
    def let_go(self, which: int) -> None:
        self.processes[which].shelves.clear()

    @invariant()
    def both_find_what_is_kept(self) -> None:
        for process in self.processes:
            for place, partition in enumerate(PARTITIONS):
                wanted = {n: g for n, g in self.model.items() if n % 2 == place}
                assert self.found(process, partition) == wanted
                allowed = {n: g for n, g in wanted.items() if g not in self.quarantined}
                assert self.given(process, wanted) == allowed

    def found(self, process: Process, partition: bytes) -> dict[int, int]:
        """What is in the index and, as every reader asks, still in the store."""
        near = process.shelves.near(partition, VECTORS[0], 12)
        numbers = {self.question(n, 0).entry: n for n in range(12)}
        rows = process.store.since(partition, WHO, 0)[1]
        kept = {entry for entry, _ in rows}
        for each in near:
            if each.entry not in kept:
                process.shelves.remove(partition, each.entry)
        return {numbers[each.entry]: each.group for each in near if each.entry in kept}

    def given(self, process: Process, wanted: dict[int, int]) -> dict[int, int]:
        read = {n: process.store.get(self.question(n, 0).entry, 50.0) for n in wanted}
        return {n: question.group for n, question in read.items() if question is not None}

    def teardown(self) -> None:
        self.database.close()


ShelvesLikeADict.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestShelvesLikeADict = ShelvesLikeADict.TestCase
