"""Telling failures that pass from failures that stay."""

_PERMANENT = frozenset({400, 401, 403, 404, 405, 413, 415, 422})
"""HTTP statuses that say the request itself is wrong."""


def is_permanent(error: Exception) -> bool:
    """Whether asking another model can't help.

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
