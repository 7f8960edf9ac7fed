"""The token counter of a model: its own encoding where that is on this host, else an estimate."""

import logging

from tokenomics_shared.orchestrator import Estimate, encoding_of
from tokenomics_shared.planning import TokenCounter

_log = logging.getLogger("tokenomics")


def counter_for(model: str) -> TokenCounter:
    """The counter of a model; returns at once, and never asks a network.

    Args:
        model: the model, however its provider writes it.
    """
    encoding = encoding_of(model)
    if encoding is None:
        return Estimate(model)
    try:
        from tokenomics_shared.adapters.tiktoken import Tiktoken
    except ImportError:
        _log.debug("tiktoken is not installed, so tokens of %s are estimated", model)
        return Estimate(model)
    return Tiktoken(encoding, model)
