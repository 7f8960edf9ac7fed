"""A process killed in the middle of its writes loses at most the last commit, corrupts nothing."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tokenomics_shared.adapters.sqlite_ledger import SqliteLedger

WRITER = """
import sys
from pathlib import Path
from tests.kit import GOOD, ROSTER, engine, prompt, reply
from tokenomics_shared.testing import ScriptedBackend, TextCodec

made = engine(state_dir=Path(sys.argv[1]), cascading={"use_escalation_prediction": False})
for number in range(1000):
    backend = ScriptedBackend({"cheap": [reply("Not sure")], "premium": [reply(GOOD)]})
    made.run(prompt(f"question {number}"), ROSTER, TextCodec(), backend)
    if number % 10 == 9:
        made.flush()
        print(number + 1, flush=True)
print("done", flush=True)
"""


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute(sql).fetchall()
    connection.close()
    return found


@pytest.mark.parametrize("after", [20, 150, 480, 790])
def test_a_killed_process_loses_at_most_its_last_commit(tmp_path: Path, after: int) -> None:
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert child.stdout is not None
    committed = 0
    for line in child.stdout:
        committed = int(line)
        if committed >= after:
            break
    time.sleep(0.001 * (after % 7))
    child.send_signal(signal.SIGKILL)
    # What it said before it died still counts.
    committed = max([committed, *(int(line) for line in child.stdout if line.strip().isdigit())])
    child.wait()
    child.stdout.close()
    for name in ("ledger.db", "cache.db"):
        assert rows(tmp_path / name, "PRAGMA integrity_check") == [("ok",)]
    ledger = SqliteLedger(tmp_path / "ledger.db", on_fault=print)
    totals = ledger.totals()
    ledger.close()
    assert committed <= totals.requests <= committed + 10
    # No request without its calls, no call without its request.
    assert sum(model.calls for model in totals.models) == 2 * totals.requests
    orphans = (
        "SELECT count(*) FROM calls WHERE request_id NOT IN (SELECT request_id FROM requests)"
    )
    assert rows(tmp_path / "ledger.db", orphans) == [(0,)]
    ((kept,),) = rows(tmp_path / "cache.db", "SELECT count(*) FROM entries")
    assert committed <= int(str(kept)) <= committed + 10
