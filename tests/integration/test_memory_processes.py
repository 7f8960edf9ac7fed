"""Several processes on one file: nobody's answers are lost, none breaks, all see all.

`TOKENOMICS_OPERATIONS=5000` makes it the long run.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.bag import ANSWER, ASKED, FIXED, THIRD, given, taught
from tokenomics_shared import Memory

PROCESSES = 4
OPERATIONS = int(os.environ.get("TOKENOMICS_OPERATIONS", "300"))

WORKER = """
import random, sys
from pathlib import Path
from tests.bag import FIXED
from tokenomics_shared import Memory

path, me, operations = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
now = [1e9]
memory = Memory(path, clock=lambda: now[0], **FIXED)
rng, kept, wrong = random.Random(me), {}, []


def question(who, number):
    return f"What is item {number} of worker {who} good for?"


def answer(who, number):
    return f"Item {number} of worker {who} is good for {number} things."


for number in range(operations):
    now[0] += 0.01
    draw = rng.random()
    if draw < 0.5 or not kept:
        brief = rng.random() < 0.1
        memory.remember(question(me, number), answer(me, number), ttl_s=1.0 if brief else 1e6)
        kept[number] = now[0] + (1.0 if brief else 1e6)
    elif draw < 0.6:
        gone = rng.choice(list(kept))
        found = memory.recall(question(me, gone))
        if found is not None:
            memory.forget(found)
        del kept[gone]
        if memory.recall(question(me, gone)) is not None:
            wrong.append(f"forgotten {gone} is given")
    elif draw < 0.8:
        number = rng.choice(list(kept))
        found = memory.recall(question(me, number))
        if (found and found.answer) != (answer(me, number) if now[0] < kept[number] else None):
            wrong.append(f"own {number}: {found}")
    else:
        who, number = rng.randrange(4), rng.randrange(operations)
        found = memory.recall(question(who, number))
        if found is not None and found.answer != answer(who, number):
            wrong.append(f"{who} {number}: {found}")
memory.flush()
for number, expires in kept.items():
    found = memory.recall(question(me, number))
    if now[0] < expires - 0.02 and (found is None or found.answer != answer(me, number)):
        wrong.append(f"lost {number}: {found}")
memory.close()
assert not wrong, wrong[:5]
assert not memory.faults.counts(), memory.faults.counts()
print(" ".join(str(number) for number, expires in kept.items() if expires > 1e9 + 1e5))
"""


def started(script: str, *arguments: object) -> "subprocess.Popen[str]":
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
    )


def test_processes_that_remember_recall_and_forget_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    workers = [started(WORKER, path, me, OPERATIONS) for me in range(PROCESSES)]
    told = [worker.communicate(timeout=60 + OPERATIONS) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * PROCESSES, told
    memory = Memory(path, clock=lambda: 1e9 + 1e4, **FIXED)
    for me, (kept, _) in enumerate(told):
        for number in kept.split():
            found = memory.recall(f"What is item {number} of worker {me} good for?")
            assert found is not None
            assert found.answer.startswith(f"Item {number} of worker {me} is")
    assert memory.faults.counts() == {}
    memory.close()


TEACHER = """
import sys
from pathlib import Path
from tests.bag import ANSWER, AGAIN, ASKED, FIXED
from tokenomics_shared import Memory

memory = Memory(Path(sys.argv[1]), **FIXED)
assert memory.recall(AGAIN) is None
memory.remember(ASKED, ANSWER)
memory.close()
"""


def test_what_another_process_learns_is_given_by_meaning_at_once(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    memory = Memory(path, **FIXED)
    taught(memory, "Which flour is best for baking rye bread?")
    # The partition is loaded, and has nothing near.
    assert given(memory, [THIRD, ASKED]) == [None, None]
    with started(TEACHER, path) as teacher:
        _, errors = teacher.communicate(timeout=60)
    assert teacher.returncode == 0, errors
    assert given(memory, [THIRD, ASKED]) == [ANSWER, ANSWER]
    found = memory.recall(THIRD)
    assert found is not None
    assert found.cache_type == "semantic_direct"
    memory.close()
