"""Telling failures that pass from failures that stay."""

from collections.abc import Sequence

from tokenomics_shared.types import Roster, Strategy

_PERMANENT = frozenset({400, 401, 403, 404, 405, 413, 415, 422})
"""HTTP statuses that say the request itself is wrong."""


def is_hopeless(
    roster: Roster, ladder: Sequence[Strategy], error: Exception, failed: Strategy
) -> bool:
    """Whether none of the arms above can be expected to do better than the one that failed.

    A request that is wrong, or not allowed, is so for all models of a provider; another provider
    may take it, with another key, other tools, other kinds of content.

    Args:
        roster: tells the arms' providers.
        ladder: the arms to ask in order.
        error: how it failed.
        failed: the arm that did.
    """
    above = ladder[ladder.index(failed) :]
    providers = {roster.tiers[arm.tier].provider for arm in above}
    return len(providers) == 1 and is_permanent(error)


def is_permanent(error: Exception) -> bool:
    """Whether asking another model of the same provider can't help.

    Providers' SDKs share no base class, so the HTTP status on the exception decides
    (`status_code`, or `code` as Google's clients have it); a prompt too long for one model's
    window may fit another's. Without a status, mistakes in the call (TypeError) stay, and
    everything else passes: a broken connection, or an answer that a client could not parse.
    """
    if _is_context_overflow(error):
        return False
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    if isinstance(status, int):
        return status in _PERMANENT
    return isinstance(error, TypeError | NotImplementedError)


def _is_context_overflow(error: Exception) -> bool:
    if getattr(error, "code", None) == "context_length_exceeded":
        return True
    return any("ContextOverflow" in kind.__name__ for kind in type(error).__mro__)
