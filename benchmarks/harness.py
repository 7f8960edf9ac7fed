"""What every benchmark shares: its command line, its server, its tables and its JSON."""

import json
import os
import platform
import shlex
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
"""The benchmarks' folder."""

DATA = Path(os.environ.get("TOKENOMICS_DATA") or HERE.parent.parent / "shared" / "data")
"""Where recorded outcomes are, unless the command line says."""

# Pipes have no width; figures are meant to be read there too.
_CONSOLE = Console(width=None if sys.stdout.isatty() else 120)


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure has to reach.

    Attributes:
        bar: the limit.
        stretch: the limit to be proud of.
        at_least: whether more is better.
    """

    bar: float
    stretch: float
    at_least: bool = False

    def reached(self, value: float) -> str:
        """What of it a figure reaches, in a word."""
        if self._holds(value, self.stretch):
            return "stretch"
        return "yes" if self._holds(value, self.bar) else "no"

    def _holds(self, value: float, limit: float) -> bool:
        return value >= limit if self.at_least else value <= limit


@dataclass(frozen=True, slots=True)
class Figure:
    """A result.

    Attributes:
        value: the number that counts.
        interval: its 95 % confidence interval, where it has one.
        others: further readings of the same thing by name.
    """

    value: float
    interval: tuple[float, float] | None = None
    others: Mapping[str, float] | None = None


def command_line(description: str) -> ArgumentParser:
    """The arguments that every benchmark takes; a benchmark may add its own."""
    parser = ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of recorded outcomes")
    parser.add_argument("--split", default="dev", help="files are NAME_SPLIT.EXTENSION")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--train", type=Path, default=DATA, help="folder to train on")
    return parser


def stay_on_this_host() -> None:
    """Keep tracing and proxies out of the measurement, whatever the environment asks for."""
    os.environ.update(
        LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false", NO_PROXY="127.0.0.1"
    )


@contextmanager
def loopback(*server: str) -> Iterator[str]:
    """Run a server in a process of its own; gives its URL, the first line that it prints.

    In this process its work would count as the client's.

    Args:
        *server: what Python is to run; the test kit's server unless told.
    """
    command = [sys.executable, *(server or ("-m", "tokenomics_shared.testing"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- ours
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            if not url:
                raise RuntimeError("the loopback server did not start")
            yield url
        finally:
            process.terminate()


def versions(*packages: str) -> dict[str, str]:
    """What was measured, by package; packages that are not installed are left out."""
    found = {"python": platform.python_version()}
    for package in ("tokenomics-llm", *packages):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def show_figures(
    title: str, figures: Mapping[str, Figure | None], bars: Mapping[str, Bar]
) -> None:
    """Print figures beside their bars; None stands for what was not measured."""
    others = dict.fromkeys(name for f in figures.values() if f for name in f.others or ())
    table = Table(title=title, title_justify="left")
    table.add_column("figure", overflow="fold")
    for column in ("value", "95 %", *others, *(("bar", "stretch", "reached") if bars else ())):
        table.add_column(column, justify="right")
    for name, figure in figures.items():
        bar = bars.get(name)
        limits = [] if bar is None else [_limit(bar, bar.bar), _limit(bar, bar.stretch)]
        if figure is None:
            table.add_row(name, "not measured", *[""] * (1 + len(others)), *limits)
            continue
        low_high = " to ".join(map(number, figure.interval or ()))
        known = figure.others or {}
        readings = [number(known[other]) if other in known else "" for other in others]
        reached = [] if bar is None else [*limits, bar.reached(figure.value)]
        table.add_row(name, number(figure.value), low_high, *readings, *reached)
    _CONSOLE.print(table)


def show_rows(title: str, columns: Sequence[str], rows: Mapping[str, Sequence[float]]) -> None:
    """Print numbers by name."""
    table = Table(title=title, title_justify="left")
    table.add_column("", overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    for name, numbers in rows.items():
        table.add_row(name, *map(number, numbers))
    _CONSOLE.print(table)


def number(value: float) -> str:
    """A number as a person reads it: three significant digits, more of a large one."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write_json(
    arguments: Namespace,
    figures: Mapping[str, Figure],
    baselines: Mapping[str, Figure],
    made: Mapping[str, Any],
) -> None:
    """Write everything where the command line says, if it says."""
    if arguments.json is None:
        return
    command = ["python", f"{HERE.name}/{Path(sys.argv[0]).name}", *sys.argv[1:]]
    details = {name: asdict(figure) for name, figure in {**figures, **baselines}.items()}
    result = {
        "figures": {name: figure.value for name, figure in figures.items()},
        "baselines": {name: figure.value for name, figure in baselines.items()},
        "made": {**made, "details": details, "command": shlex.join(command)},
    }
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


def _limit(bar: Bar, limit: float) -> str:
    return f"{'≥' if bar.at_least else '≤'} {number(limit)}"
