"""Tiers of different providers: each gets a request in a form that its client takes.

With tiers of one provider there is nothing of this: whatever a caller sends, they get. Otherwise
a tier is spared what belongs to other providers: built-in tools, marks for prompt caches,
thoughts, signatures and ids in turns that another one wrote, arguments of calls. What is left out
is logged once for each tier. Premium is spared only what belongs to other tiers beside it: what
nobody here understands is the caller's business with premium, and its error the best answer.
"""

import logging
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.utils.function_calling import convert_to_json_schema

from tokenomics_langchain.dialects import DIALECTS, Dialect, dialect_of, union
from tokenomics_langchain.foreign_tools import can_answer, choice_for, kept_of, kind_of, plain
from tokenomics_langchain.foreign_turns import Turns
from tokenomics_langchain.limits import NAMES
from tokenomics_shared.types import Tier

_log = logging.getLogger("tokenomics")


class Form:
    """What one tier can be given of a request; everything that it can is handed on as it is."""

    def __init__(
        self, tier: Tier, own: Dialect, others: tuple[Dialect, ...], *, last: bool
    ) -> None:
        """Make it.

        Args:
            tier: the tier.
            own: its dialect.
            others: dialects of which it understands nothing.
            last: nothing else can answer what it can't.
        """
        self._tier = f"{tier.name} ({tier.model})"
        self._own = own
        self._others = others
        known = others if own.known else ()
        self._arguments = union(known, "arguments") - own.arguments
        self._marks = union(known, "marks") - own.marks
        self._limits = NAMES - own.arguments - {"max_tokens"} if own.known else frozenset()
        self.messages = Turns(own, others, self._told, strangers=not last)

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A call's arguments without those that its client doesn't know, in a new mapping."""
        kept = dict(given)
        for name in self._own.renamed.keys() & kept.keys():
            kept.setdefault(self._own.renamed[name], kept.pop(name))
        for name in self._limits.intersection(kept):
            kept.setdefault("max_tokens", kept.pop(name))
        for name in sorted(self._arguments.intersection(kept)):
            if kept.pop(name) is not None:
                self._told(f"the argument {name}")
        if "tool_choice" in kept:
            kept["tool_choice"] = choice_for(self._own, kept["tool_choice"])
        if isinstance(kept.get("response_format"), type) and self._own.choices == "google":
            # Google's client reads OpenAI's form of a schema, but not its class.
            kept["response_format"] = _described(kept["response_format"])
        return kept

    def tools(self, given: list[Any], choice: Any) -> list[Any]:
        """The tools without those built into other providers' models, and without marks.

        Where too little would be left for what is asked they stay as they are.
        """
        kept = kept_of(given, self._own, self._others)
        if not can_answer(given, kept, choice):
            return given
        for tool in given:
            if not any(tool is it for it in kept):
                self._told(f"the tool {kind_of(tool)}")
        marked = (tool.keys() for tool in kept if isinstance(tool, dict))
        for name in sorted(self._marks.intersection(chain.from_iterable(marked))):
            self._told(name)
        return [plain(tool, self._marks) for tool in kept]

    def bound(self, given: list[Any], choice: Any) -> dict[str, Any]:
        """What of an agent's tools and its choice is to differ for the tier."""
        kept = self.tools(given, choice)
        own = choice_for(self._own, choice)
        differs = {} if kept == given else {"tools": kept}
        return differs if own == choice else {**differs, "tool_choice": own}

    def can_answer(self, given: list[Any], choice: Any) -> bool:
        """Whether enough of these tools is left for the tier to do what is asked."""
        return can_answer(given, kept_of(given, self._own, self._others), choice)

    def _told(self, what: str) -> None:
        _warn(self._tier, what, self._own.name)


def forms_of(tiers: Mapping[str, Tier], premium: str, helpers: Container[str]) -> dict[str, Form]:
    """The forms of tiers that differ in what they take; none where all are of one provider.

    Args:
        tiers: by name, those that only judge included.
        premium: the name of the one that has the last word.
        helpers: names of those that only judge.
    """
    dialects = {name: dialect_of(tier.provider) for name, tier in tiers.items()}
    beside = {it: None for name, it in dialects.items() if name not in helpers}
    forms = {}
    for name, tier in tiers.items():
        own, last = dialects[name], name == premium
        if own in beside and len(beside) == 1:
            continue
        others = tuple(it for it in (beside if last else {*DIALECTS, *beside}) if it is not own)
        forms[name] = Form(tier, own, others, last=last)
    return forms


def beyond(
    forms: Mapping[str, Form], messages: Sequence[BaseMessage], kwargs: Mapping[str, Any]
) -> frozenset[str]:
    """The tiers that a call asks for what other providers' models alone have.

    Args:
        forms: of the tiers.
        messages: the conversation.
        kwargs: the call's arguments.
    """
    if not forms:
        return frozenset()
    able = {name for name, form in forms.items() if form.messages.can_be_read(messages)}
    tools = kwargs.get("tools")
    if tools and getattr(tools, "own_to_providers", True):
        given, choice = getattr(tools, "given", tools), kwargs.get("tool_choice")
        able = {name for name in able if forms[name].can_answer(given, choice)}
    return frozenset(forms.keys() - able)


@lru_cache(maxsize=256)
def _described(schema: type) -> dict[str, Any]:
    described = convert_to_json_schema(schema)
    return {
        "type": "json_schema",
        "json_schema": {"name": described["title"], "schema": described},
    }


@lru_cache(maxsize=1024)
def _warn(tier: str, what: str, own: str) -> None:
    """Said once, not at every turn of a conversation."""
    _log.warning("%s: left out %s, which models of %s don't take", tier, what, own)
