"""What our run says of an answer where traces are searched: in its metadata."""

from typing import Any

from tokenomics_langchain.listeners import is_tracer
from tokenomics_shared.types import Outcome

_SEARCHED = (
    "request_id",
    "strategy",
    "cache_hit",
    "cache_type",
    "cascading_escalated",
    "tokens_used",
    "cost",
    "baseline_cost",
)
"""What of an answer's metadata its run's says, too."""


def tell(run: Any, outcome: Outcome) -> None:
    """Put what came of a request into its run's metadata, where traces are searched by it.

    The run is also said to be of the model that answered, so that its tokens get that model's
    price; of an answer from memory nobody's, which has no tokens.

    Args:
        run: the run's manager, or None where nobody listens.
        outcome: the request's.
    """
    tracers = filter(is_tracer, run.handlers) if run is not None else ()
    runs = [traced for each in tracers if (traced := each.run_map.get(str(run.run_id)))]
    if not runs:
        return
    known = decision_of(outcome)
    for traced in runs:
        # A copy: the same mapping may be other runs' too.
        traced.extra["metadata"] = {**traced.extra.get("metadata", {}), **known}


def decision_of(outcome: Outcome) -> dict[str, Any]:
    """The decision as flat, searchable values; amounts in US dollars, None where unknown."""
    # Loaded with the engine, which whoever has an outcome has; importing this package need not.
    from tokenomics_shared.telemetry import as_metadata

    known = as_metadata(outcome)
    told = {f"tokenomics_{name}": known[name] for name in _SEARCHED}
    answering = [charge for charge in outcome.charges if charge.model == outcome.model]
    if answering and not known["cache_hit"]:
        told["ls_model_name"] = outcome.model
        if answering[-1].provider:
            told["ls_provider"] = answering[-1].provider
    return told
