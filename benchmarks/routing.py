"""Which model answers: a router trained beforehand, one that learns online, untrained cascades.

Costs are relative to always asking premium, drafts included. Everything simpler is beside it:
random, cheapest first, prompt length, the seeds' rule, nearest neighbours, the oracle, and what
RouteLLM published.
"""

from argparse import Namespace
from dataclasses import asdict

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
from routing_online import BARS as ONLINE_BARS
from routing_online import online_figures

BARS = {
    "mmlu_cv_apgr": Bar(0.68, 0.71, at_least=True),
    "mmlu_cv_cost95": Bar(0.42, 0.38),
    "mmlu_unseen_apgr": Bar(0.615, 0.65, at_least=True),
    "mbpp_quality": Bar(0.98, 0.99, at_least=True),
    "mbpp_cost": Bar(0.07, 0.10),
    "arc_quality": Bar(0.98, 0.985, at_least=True),
    "arc_cost": Bar(0.30, 0.27),
    **ONLINE_BARS,
}


def main() -> None:
    """Measure, print, write."""
    arguments = _arguments()
    stay_on_this_host()
    offline = router(arguments)
    online = online_figures(arguments)
    climbed, alone = cascades(arguments)
    figures = {**offline.figures, **online.figures, **climbed}
    baselines = {**offline.baselines, **online.baselines, **alone}
    for title, rows in offline.tables.items():
        show_rows(title, COLUMNS, rows)
    for title, table in online.tables.items():
        show_rows(title, table.columns, table.rows)
    show_figures("Routing", {**figures, "mtbench_apgr": None}, BARS)
    show_figures("Baselines", baselines, {})
    made = {
        **offline.made,
        "seeds": [SEED],
        "online_seeds": arguments.seeds,
        "resamples": RESAMPLES,
        "tables": offline.tables,
        "columns": COLUMNS,
        "online": {title: asdict(table) for title, table in online.tables.items()},
        "versions": versions("numpy", "onnxruntime", "scikit-learn"),
    }
    write_json(arguments, figures, baselines, made)


def _arguments() -> Namespace:
    parser = command_line("Which model answers, and what that saves.")
    parser.add_argument("--seeds", type=int, default=10, help="orders that are played online")
    parser.add_argument("--quick", action="store_true", help="2 orders of 2,000 requests online")
    return parser.parse_args()


if __name__ == "__main__":
    main()
