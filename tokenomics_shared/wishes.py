"""What a call says about memory and its token budget."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tokenomics_shared.errors import PromptError
from tokenomics_shared.types import Prompt

WISHES = "tokenomics_wishes"
"""The argument that hands a call its wishes; taken out before anyone else looks."""

OURS = "tokenomics"
"""The key under which we are spoken to, and tell of ourselves."""

KINDS: Mapping[str, tuple[type, ...]] = {
    "no_cache": (bool,),
    "no_store": (bool,),
    "ttl": (int, float),
    "cache_text": (str,),
    "corpus_version": (str, int),
    "tenant": (str, int),
    "token_budget": (int,),
    "compress": (bool,),
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """How one call is to be remembered and sent, as `Prompt` names it."""

    no_cache: bool = False
    no_store: bool = False
    ttl: float | None = None
    cache_text: str | None = None
    corpus_version: str = ""
    tenant: str = ""
    token_budget: int | None = None
    compress: bool | None = None

    def put_on(self, prompt: Prompt) -> Prompt:
        """The request with these wishes."""
        return replace(
            prompt,
            no_cache=self.no_cache,
            no_store=self.no_store,
            ttl_s=self.ttl,
            cache_text=self.cache_text,
            corpus_version=self.corpus_version,
            tenant=self.tenant,
            token_budget=self.token_budget,
            compress=self.compress,
        )


ARGUMENTS = ("token_budget", "compress")
"""Wishes that may also be arguments of a call; no provider knows any of these names."""


def take_wishes(kwargs: dict[str, Any]) -> Wishes | None:
    """Take a call's wishes out of its arguments; None when it has none.

    Raises:
        PromptError: a value is impossible; it is named.
    """
    wishes: Wishes | None = kwargs.pop(WISHES, None)
    own = {name: kwargs.pop(name) for name in ARGUMENTS if name in kwargs}
    if not own:
        return wishes
    asked = checked(own)
    said = {name: getattr(asked, name) for name in own}
    return replace(wishes, **said) if wishes else asked


def checked(found: Mapping[str, Any]) -> Wishes:
    """Wishes by name.

    Raises:
        PromptError: a wish is unknown or its value impossible; it is named.
    """
    for name, value in found.items():
        kinds = KINDS.get(name)
        if kinds is None:
            raise PromptError(f"{OURS}.{name}: there is no such wish, known: {', '.join(KINDS)}")
        if not is_one(value, kinds):
            wanted = " or ".join(kind.__name__ for kind in kinds)
            raise PromptError(f"{name} = {value!r}: must be {wanted}")
    if found.get("ttl", 1) <= 0:
        raise PromptError(f"ttl = {found['ttl']!r}: must be more than 0 seconds")
    if found.get("token_budget", 1) < 1:
        raise PromptError(f"token_budget = {found['token_budget']!r}: must be at least 1 token")
    texts = {name: str(found[name]) for name in ("corpus_version", "tenant") if name in found}
    return Wishes(**{**found, **texts})


def is_one(value: Any, kinds: tuple[type, ...]) -> bool:
    """A truth value is no number here."""
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
