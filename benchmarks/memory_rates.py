"""From what became of prompts to rates with confidence intervals."""

from collections.abc import Sequence

import numpy as np
from harness import Figure
from memory_contenders import Played
from memory_stream import Stream
from numpy.typing import NDArray

_DRAWS = 1_000
_LEVELS = (2.5, 97.5)

Counts = NDArray[np.float64]
"""Columns: prompts, right hits, wrong hits, unknown hits. A row for each cluster."""


def rates(
    stream: Stream, played: Sequence[Played], names: tuple[str, str], seed: int = 0
) -> dict[str, Figure]:
    """Good hits of requests and false hits of hits, by these names.

    The value and its interval are the first order's; the interval is from a bootstrap over the
    clusters asked for, whose prompts share their fate. Beside it the mean over the orders, the
    worst of them, and, for false hits, the rate with all unknown ones counted as wrong.
    """
    tables = [_by_cluster(stream, each) for each in played]
    totals = [table.sum(axis=0) for table in tables]
    random = np.random.default_rng(seed)
    rows = len(tables[0])
    drawn = np.array(
        [tables[0][random.integers(0, rows, rows)].sum(axis=0) for _ in range(_DRAWS)]
    )
    good = [float(_good(total)) for total in totals]
    false = [float(_false(total)) for total in totals]
    strict = float(_strict(totals[0]))
    return {
        names[0]: Figure(good[0], _interval(_good(drawn)), _others(good, min(good), good[0])),
        names[1]: Figure(false[0], _interval(_false(drawn)), _others(false, max(false), strict)),
    }


def audits(played: Sequence[Played]) -> Figure:
    """Audits of requests."""
    shares = [float(each.audited[list(each.order)].mean()) for each in played]
    return Figure(shares[0], None, _others(shares, max(shares), shares[0]))


def unknown(stream: Stream, played: Played) -> float:
    """Hits of which nobody knows whether they were right, of all hits."""
    total = _by_cluster(stream, played).sum(axis=0)
    return float(total[3] / max(1.0, total[1:4].sum()))


def _by_cluster(stream: Stream, played: Played) -> Counts:
    asked = list(played.order)
    clusters = [stream.prompts[at].cluster for at in asked]
    _, rows = np.unique(clusters, return_inverse=True)
    outcome = played.right[asked]
    columns = [np.ones(len(asked)), outcome == 1, outcome == 0, outcome == -1]
    table: Counts = np.stack([np.bincount(rows, weights=column) for column in columns], axis=1)
    return table


def _good(counts: Counts) -> Counts:
    rate: Counts = counts[..., 1] / counts[..., 0]
    return rate


def _false(counts: Counts) -> Counts:
    rate: Counts = counts[..., 2] / np.maximum(1.0, counts[..., 1] + counts[..., 2])
    return rate


def _strict(counts: Counts) -> Counts:
    rate: Counts = counts[..., 2:4].sum(axis=-1) / np.maximum(1.0, counts[..., 1:4].sum(axis=-1))
    return rate


def _interval(drawn: Counts) -> tuple[float, float]:
    low, high = np.percentile(drawn, _LEVELS)
    return float(low), float(high)


def _others(values: Sequence[float], worst: float, strict: float) -> dict[str, float]:
    return {"mean": float(np.mean(values)), "worst": worst, "unknown wrong": strict}
