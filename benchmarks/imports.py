"""How long imports take, each in a fresh interpreter."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from rounds import Batch, Timings


@dataclass(frozen=True, slots=True)
class Import:
    """Something to import.

    Attributes:
        statement: imports it.
        above: what is imported first and not timed.
    """

    statement: str
    above: str = "pass"


# Timed inside the new interpreter: starting it, and what is imported first, varies by more than
# what is to be measured.
_TIMED = """
import json, time
{above}
cpu, wall = time.process_time(), time.perf_counter()
{statement}
print(json.dumps([time.process_time() - cpu, time.perf_counter() - wall]))
"""


def time_imports(imports: Mapping[str, Import], rounds: int) -> Timings:
    """Time them in turn, from compiled modules, as after an installation."""
    timings: dict[str, list[Batch]] = {name: [] for name in imports}
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for one in imports.values():  # compiles
            _time(one, environment)
        for _ in range(rounds):
            for name, one in imports.items():
                timings[name].append(_time(one, environment))
    return timings


def _time(one: Import, environment: Mapping[str, str]) -> Batch:
    code = _TIMED.format(above=one.above, statement=one.statement)
    ran = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, env=environment
    )
    return Batch(*json.loads(ran.stdout))
