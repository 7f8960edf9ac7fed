"""What a call says about memory and its token budget."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from tokenomics_shared.errors import PromptError
from tokenomics_shared.wishes import ARGUMENTS, OURS, Wishes, checked

_NOTHING: Mapping[str, Any] = {}
_around: ContextVar[Mapping[str, Any]] = ContextVar("tokenomics_wishes", default=_NOTHING)


@contextmanager
def wishing(**wishes: Any) -> Iterator[None]:
    """Wishes for every call that is begun inside, however deep in an engine or agent.

    ```python
    with wishing(tenant="acme", no_cache=True):
        query_engine.query("How high is the tower?")
    ```

    They may be nested: an inner one adds to the outer, and wins. Tasks that are begun inside
    keep them. A call's own `tokenomics={…}` wins over all.

    Args:
        **wishes: `no_cache` (ask a model even if memory has the answer), `no_store` (keep
            nothing), `ttl` (seconds the answer may be kept), `cache_text` (the question as
            memory should read it), `corpus_version`, `tenant` (answers never cross them),
            `token_budget` (tokens, prompt and answer together), `compress`.

    Raises:
        PromptError: a wish is unknown or impossible; it is named.
    """
    checked(wishes)
    token = _around.set({**_around.get(), **wishes})
    try:
        yield
    finally:
        _around.reset(token)


def take_wishes(kwargs: dict[str, Any]) -> Wishes | None:
    """Take a call's wishes out of its arguments; None when it has none.

    Raises:
        PromptError: a wish is unknown or impossible; it is named.
    """
    around = _around.get()
    if not kwargs and not around:
        return None
    given = kwargs.pop(OURS, None) or _NOTHING
    if not isinstance(given, Mapping):
        raise PromptError(f"{OURS} = {given!r}: must be a mapping of wishes")
    own = {name: kwargs.pop(name) for name in ARGUMENTS if name in kwargs}
    found = {**around, **given, **own}
    return checked(found) if found else None
