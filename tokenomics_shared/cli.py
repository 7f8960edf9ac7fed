"""The command line: `tokenomics`, or `python -m tokenomics_shared`."""

import io
import json
import logging
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from tokenomics_shared.errors import TokenomicsError

if TYPE_CHECKING:
    from tokenomics_shared.telemetry import Price

LEDGER_NAME = "ledger.db"

DEFAULT_TARGET = 0.95
"""Share of premium's quality that a replay aims at, unless told otherwise."""

WIDTH = 88
"""Columns of what is said in sentences."""

WIDEST = 200
"""Columns a table may take."""

app = typer.Typer(
    help="Look at what Tokenomics did and saved.", add_completion=False, no_args_is_help=True
)


def _show_version(asked: bool) -> None:  # noqa: FBT001 -- called by typer
    if asked:
        from tokenomics_shared import __version__

        typer.echo(f"tokenomics {__version__}")
        raise typer.Exit


@app.callback()
def _commands(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    # A callback also keeps the commands' names on the command line, however few there are. Its
    # docstring would be shown in the place of the help above.
    pass


@app.command()
def report(
    path: Annotated[Path, typer.Argument(help="A ledger, or the folder it is in.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Print what was asked, what it cost, and what it would have cost."""
    from tokenomics_shared.adapters.sqlite_ledger import SqliteLedger
    from tokenomics_shared.telemetry import Report

    ledger_path = path / LEDGER_NAME if path.is_dir() else path
    if not ledger_path.exists():
        _fail(f"{ledger_path} does not exist")
    try:
        ledger = SqliteLedger(
            ledger_path, on_fault=logging.getLogger("tokenomics").error, read_only=True
        )
        found = Report(ledger.totals())
        ledger.close()
    except TokenomicsError as error:
        _fail(str(error))
    typer.echo(json.dumps(found.to_dict(), indent=2) if as_json else str(found))


@app.command()
def prepare_embedder(
    folder: Annotated[
        Path | None, typer.Argument(help="Where to; the user's cache by default.")
    ] = None,
    *,
    weights: Annotated[Path | None, typer.Option(help="Folder of MiniLM's weights.")] = None,
    download: Annotated[bool, typer.Option(help="Fetch the weights if need be.")] = False,
) -> None:
    """Make the default embedder's file from MiniLM's weights, once."""
    try:
        from tokenomics_shared.adapters.minilm_files import made_folder
        from tokenomics_shared.adapters.prepare_minilm import prepare
    except ImportError as error:
        _fail(f"{error}; pip install 'tokenomics-llm[embeddings,offline]'")
    try:
        made = prepare(folder or made_folder(), weights, typer.echo, download=download)
    except (TokenomicsError, OSError) as error:
        _fail(str(error))
    typer.echo(str(made))


@app.command()
def download_encodings(
    names: Annotated[
        list[str] | None, typer.Argument(help="Encodings; those of today's models by default.")
    ] = None,
    *,
    folder: Annotated[
        Path | None, typer.Option(help="Where to; the user's cache by default.")
    ] = None,
    mirror: Annotated[
        str | None, typer.Option(help="Fetch from this address instead of the publisher's.")
    ] = None,
) -> None:
    """Fetch what tokens of OpenAI's models are counted by, so that counts are exact."""
    try:
        from tokenomics_shared.adapters import tiktoken_files as files
    except ImportError as error:
        _fail(f"{error}; pip install 'tokenomics-llm[tiktoken]'")
    try:
        target = folder or files.encodings_folder()
        files.download(names or files.USUAL, target, typer.echo, mirror=mirror)
    except TokenomicsError as error:
        _fail(str(error))


@app.command()
def replay(  # noqa: PLR0913 -- a command's options
    file: Annotated[Path, typer.Argument(help="A log: one JSON object a request.")],
    *,
    quality_target: Annotated[
        list[float] | None,
        typer.Option(help="Share of premium's quality to keep; repeatable."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Shuffle by this seed, and draw by it.")] = None,
    seeds: Annotated[int, typer.Option(help="Play in so many shuffled orders.")] = 1,
    feedback: Annotated[float, typer.Option(help="Share of the answers that are graded.")] = 1.0,
    judge_error: Annotated[float, typer.Option(help="How likely a grade is the opposite.")] = 0.0,
    price: Annotated[
        list[str] | None,
        typer.Option(help="TIER=IN/OUT, US dollars a million tokens; repeatable."),
    ] = None,
    premium: Annotated[
        str | None, typer.Option(help="Tier to measure against; the dearest by default.")
    ] = None,
    state_dir: Annotated[
        Path | None, typer.Option(help="Go on from what was learned here, and keep it here.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Play recorded outcomes through the engine: what would each quality target have cost?"""
    from tokenomics_shared.adapters.genai_prices import GenaiPrices
    from tokenomics_shared.config import TokenomicsConfig
    from tokenomics_shared.replay import Feedback, apart, read_log, tried
    from tokenomics_shared.replay.telling import remarks_on, table, to_dict

    targets = quality_target or [DEFAULT_TARGET]
    orders: list[int | None] = [seed]
    if seeds < 1:
        _fail(f"--seeds must be 1 or more, got {seeds}")
    if seeds > 1:
        orders = [(seed or 0) + number for number in range(seeds)]
    if state_dir is not None and len(targets) * len(orders) > 1:
        _fail("--state-dir keeps what one target learns in one order; give one of each")
    try:
        grades = Feedback(feedback, judge_error)
        log = read_log(file, prices=_prices(price or ()), table=GenaiPrices(), premium=premium)
        with _progress("replaying", len(log.items) * len(targets) * len(orders)) as advance:
            trials = tried(
                log,
                targets,
                orders,
                config=apart(TokenomicsConfig.load(), state_dir),
                feedback=grades,
                on_step=advance,
            )
    except TokenomicsError as error:
        _fail(str(error))
    remarks = remarks_on(log, trials)
    if as_json:
        typer.echo(json.dumps(to_dict(log, trials, remarks), indent=2))
    else:
        _show(table(log, trials), remarks)


@app.command()
def evaluate(
    file: Annotated[
        Path, typer.Argument(help="JSON lines of question, optimized, baseline[, reference].")
    ],
    *,
    judge: Annotated[
        str | None,
        typer.Option(help="MODULE:FUNCTION, or langchain:PROVIDER:MODEL; none by default."),
    ] = None,
    workers: Annotated[int, typer.Option(help="Pairs the judge looks at at a time.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Compare pairs of answers: is the optimized one as good as the baseline's?"""
    from tokenomics_shared import evaluation
    from tokenomics_shared.evaluation.telling import remarks_on, table

    if workers < 1:
        _fail(f"--workers must be 1 or more, got {workers}")
    # As gunicorn does it: what lies where one stands can be imported.
    sys.path.insert(0, str(Path.cwd()))
    try:
        pairs = evaluation.read_pairs(file)
        model = None if judge is None else evaluation.judge_model(judge)
    except TokenomicsError as error:
        _fail(str(error))
    with _progress("comparing", len(pairs)) as advance:
        found = evaluation.evaluate(pairs, model, workers=workers, on_step=advance)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=2))
    else:
        _show(table(found), remarks_on(found))


@app.command()
def train(
    state_dir: Annotated[Path, typer.Argument(help="The application's folder of state.")],
    *,
    log: Annotated[
        Path | None, typer.Option(help="Learn from these recorded outcomes, too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Refit scorer and prior to what answers were found to be worth, if that makes them better."""
    from tokenomics_shared.adapters.genai_prices import GenaiPrices
    from tokenomics_shared.replay import read_log
    from tokenomics_shared.training import findings_in, findings_of, refit, telling

    if not state_dir.is_dir():
        _fail(f"{state_dir} is no folder")
    try:
        findings = findings_in(state_dir)
        if log is not None:
            findings += findings_of(read_log(log, table=GenaiPrices()))
        with _progress("fitting", telling.STEPS) as advance:
            found = list(refit(findings, on_step=advance))
        for each in found:
            if each.weights is not None:
                each.keep(state_dir)
    except (TokenomicsError, OSError) as error:
        _fail(str(error))
    if as_json:
        typer.echo(json.dumps([telling.to_dict(each) for each in found], indent=2))
    else:
        _show(telling.table(found), telling.remarks_on(found))


def _prices(stated: Sequence[str]) -> dict[str, "Price"]:
    from tokenomics_shared.telemetry import Price

    prices = {}
    for each in stated:
        tier, _, amounts = each.rpartition("=")
        try:
            read, written = (Decimal(amount) for amount in amounts.split("/"))
        except (ValueError, InvalidOperation):
            _fail(f"--price must be TIER=IN/OUT, as in cheap=0.15/0.60, got {each!r}")
        if not tier or not (read.is_finite() and written.is_finite()) or min(read, written) < 0:
            _fail(f"--price must be TIER=IN/OUT, as in cheap=0.15/0.60, got {each!r}")
        prices[tier] = Price(read, written)
    return prices


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[], object]]:
    """Show a bar on stderr where a person looks at it; gives what moves it."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def _show(drawn: Any, remarks: Sequence[str]) -> None:
    """Print a table as wide as it needs, and what is to be said of it."""
    from rich.console import Console

    text = io.StringIO()
    Console(file=text, width=WIDEST, force_terminal=False).print(drawn)
    for line in text.getvalue().splitlines():
        typer.echo(line.rstrip())
    for remark in remarks:
        typer.echo(textwrap.fill(remark, WIDTH))


def _fail(message: str) -> NoReturn:
    typer.echo(f"tokenomics: {message}", err=True)
    raise typer.Exit(2)


def main() -> None:
    """Run the command line."""
    app(prog_name="tokenomics")
