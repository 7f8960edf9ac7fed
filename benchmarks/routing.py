"""Which model answers: a router trained on recorded outcomes, and cascades that need no training.

Costs are relative to always asking premium, drafts included. Everything simpler is beside it:
random, cheapest first, prompt length, the seeds' rule, nearest neighbours, the oracle, and what
RouteLLM published.
"""

from harness import (
    Bar,
    command_line,
    show_figures,
    show_rows,
    stay_on_this_host,
    versions,
    write_json,
)
from routing_cascades import cascades
from routing_metrics import RESAMPLES
from routing_offline import COLUMNS, SEED, router

BARS = {
    "mmlu_cv_apgr": Bar(0.68, 0.71, at_least=True),
    "mmlu_cv_cost95": Bar(0.42, 0.38),
    "mmlu_unseen_apgr": Bar(0.615, 0.65, at_least=True),
    "mbpp_quality": Bar(0.98, 0.99, at_least=True),
    "mbpp_cost": Bar(0.07, 0.10),
    "arc_quality": Bar(0.98, 0.985, at_least=True),
    "arc_cost": Bar(0.30, 0.27),
}


def main() -> None:
    """Measure, print, write."""
    arguments = command_line("Which model answers, and what that saves.").parse_args()
    stay_on_this_host()
    offline = router(arguments)
    climbed, alone = cascades(arguments)
    figures = {**offline.figures, **climbed}
    baselines = {**offline.baselines, **alone}
    for title, rows in offline.tables.items():
        show_rows(title, COLUMNS, rows)
    show_figures("Routing", {**figures, "mtbench_apgr": None}, BARS)
    show_figures("Baselines", baselines, {})
    made = {
        **offline.made,
        "seeds": [SEED],
        "resamples": RESAMPLES,
        "tables": offline.tables,
        "columns": COLUMNS,
        "versions": versions("numpy", "onnxruntime", "scikit-learn"),
    }
    write_json(arguments, figures, baselines, made)


if __name__ == "__main__":
    main()
