"""What comparisons came to, for people."""

from typing import Any

from tokenomics_shared.evaluation.result import Evaluation


def table(found: Evaluation) -> Any:
    """The figures as a table for rich."""
    # rich is needed by those who look at figures, not by those who answer requests.
    from rich import box
    from rich.table import Table

    title = f"{len(found.pairs):,} pairs of answers, {len(found.decided):,} decided"
    drawn = Table(
        title=title, title_justify="left", box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0)
    )
    drawn.add_column("optimized against baseline")
    for name in ("pairs", "of decided", "95 % interval"):
        drawn.add_column(name, justify="right")
    counts = found.counts
    rows = {**counts, "wins and ties": counts["wins"] + counts["ties"]}
    for name, count in rows.items():
        if name == "undecided" or not found.decided:
            drawn.add_row(name, f"{count:,}")
            continue
        low, high = (f"{100 * end:.1f}" for end in found.interval(count))
        drawn.add_row(
            name, f"{count:,}", f"{100 * count / len(found.decided):.1f} %", f"{low}, {high}"
        )
    return drawn


def remarks_on(found: Evaluation) -> list[str]:
    """What the figures rest on, in sentences."""
    said = [
        f"{name}: optimized {ours:.3f}, baseline {theirs:.3f}."
        for name, (ours, theirs) in found.metrics.items()
    ]
    if found.quality_score is not None and found.judged:
        said.append(f"Mean quality of the optimized answers: {found.quality_score:.2f} of 1.")
    said.append(
        "A winner was preferred in either order of the answers; preferred by its place alone, it "
        "is a tie of little confidence."
        if found.judged
        else "No judge was asked: answers that come to the same are ties, and all others are "
        "undecided. Name one with --judge."
    )
    return [*said, *found.remarks]
