"""What training came to, for people and for machines."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tokenomics_shared.prediction.refit import LengthsRefit
from tokenomics_shared.training.figures import Figures
from tokenomics_shared.training.fitting import FOLDS, Refit

STEPS = 2 * (FOLDS + 1)
"""Fits that training makes at most."""


def to_dict(found: Refit) -> dict[str, Any]:
    """The figures as JSON-able values."""
    return {
        "part": found.what,
        "findings": found.findings,
        "before": None if found.before is None else asdict(found.before),
        "after": None if found.after is None else asdict(found.after),
        "kept": found.weights is not None,
        "reason": found.reason,
    }


def lengths_to_dict(found: LengthsRefit) -> dict[str, Any]:
    """The figures of lengths as JSON-able values."""
    return {
        "part": "lengths",
        "model": found.model,
        "findings": found.samples,
        "before": None if found.before is None else {"pinball_loss": found.before},
        "after": None if found.after is None else {"pinball_loss": found.after},
        "kept": found.trained is not None,
        "reason": found.reason,
    }


def table(found: Sequence[Refit]) -> Any:
    """The figures as a table for rich."""
    columns = ("findings", "AUC before", "after", "log-loss before", "after", "new weights")
    drawn = _table(f"Before, and after on {FOLDS} parts left out of the fit in turn", columns)
    for each in found:
        ranks = (_auc(part) for part in (each.before, each.after))
        losses = (_loss(part) for part in (each.before, each.after))
        kept = "not kept" if each.weights is None else "kept"
        drawn.add_row(each.what, f"{each.findings:,}", *ranks, *losses, kept)
    return drawn


def lengths_table(found: Sequence[LengthsRefit]) -> Any:
    """The figures of lengths as a table for rich."""
    drawn = _table(
        "Lengths of answers", ("answers", "pinball loss before", "after", "new quantiles")
    )
    for each in found:
        losses = (_number(part) for part in (each.before, each.after))
        kept = "not kept" if each.trained is None else "kept"
        drawn.add_row(each.model, f"{each.samples:,}", *losses, kept)
    return drawn


def remarks_on_lengths(found: Sequence[LengthsRefit]) -> list[str]:
    """What was not kept and why, and what the figures mean."""
    said = [
        f"The lengths of {each.model} stay as they are: {each.reason}."
        for each in found
        if each.reason
    ]
    if any(each.before is not None for each in found):
        said.append(
            "The pinball loss is in tokens an answer, over the quantiles of 50, 90 and 99 %, on "
            "answers left out of the fit; before: what was trained last, or the rule of thumb. "
            "A lower one is better, and decides."
        )
    return said


def remarks_on(found: Sequence[Refit]) -> list[str]:
    """What was not kept and why, and what the figures mean."""
    said = [f"The {each.what} stays as it is: {each.reason}." for each in found if each.reason]
    if any(each.before is not None for each in found):
        said.append(
            "Before: what the scorer said when each answer was given, and what the shipped prior "
            "expects. A lower log-loss is better, and decides."
        )
    if any(each.weights is not None for each in found):
        said.append("Engines read the new weights when they start.")
    return said


def _table(title: str, columns: Sequence[str]) -> Any:
    # rich is needed by those who look at figures, not by those who answer requests.
    from rich import box
    from rich.table import Table

    drawn = Table(
        title=title, title_justify="left", box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0)
    )
    drawn.add_column("")
    for name in columns:
        drawn.add_column(name, justify="right", no_wrap=True)
    return drawn


def _auc(part: Figures | None) -> str:
    return _number(None if part is None else part.auc)


def _loss(part: Figures | None) -> str:
    return _number(None if part is None else part.log_loss)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
