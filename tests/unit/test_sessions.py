"""Conversations that a provider has in its cache."""

from tokenomics_shared.bandit.sessions import CACHED_S, Sessions
from tokenomics_shared.types import Message, Prompt

FIRST = (Message("system", "You are terse."), Message("human", "What is a monad?"))
NEXT = (*FIRST, Message("ai", "A monoid."), Message("human", "In which category?"))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_next_turn_knows_who_read_the_last() -> None:
    sessions = Sessions(Clock())
    sessions.read(Prompt(FIRST), "cheap", 2_000)
    kept = sessions.cached(Prompt(NEXT))
    assert kept is not None
    assert (kept.tier, kept.tokens) == ("cheap", 2_000)


def test_the_longest_beginning_counts() -> None:
    sessions = Sessions(Clock())
    sessions.read(Prompt(FIRST), "cheap", 2_000)
    sessions.read(Prompt(NEXT), "premium", 3_000)
    more = (*NEXT, Message("ai", "Endofunctors."), Message("human", "Thanks."))
    kept = sessions.cached(Prompt(more))
    assert kept is not None
    assert kept.tier == "premium"


def test_another_conversation_tenant_or_tool_set_knows_nothing() -> None:
    sessions = Sessions(Clock())
    sessions.read(Prompt(FIRST), "cheap", 2_000)
    other = (FIRST[0], Message("human", "What is a functor?"), *NEXT[2:])
    assert sessions.cached(Prompt(other)) is None
    assert sessions.cached(Prompt(NEXT, tenant="acme")) is None
    assert sessions.cached(Prompt(NEXT, tools=({"name": "search"},))) is None


def test_what_a_provider_has_dropped_or_never_kept_is_not_counted() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    sessions.read(Prompt(FIRST), "cheap", 100)
    assert sessions.cached(Prompt(NEXT)) is None
    sessions.read(Prompt(FIRST), "cheap", 2_000)
    clock.now = CACHED_S + 1
    assert sessions.cached(Prompt(NEXT)) is None
