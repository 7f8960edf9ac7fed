"""Which models can answer a request at all."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tokenomics_shared.orchestrator.media import media_of
from tokenomics_shared.types import TOOL_ROLES, Prompt, QueryPlan, Roster, Strategy, Tier

_SLACK = 1.25
"""How far too high an estimate of a text in any language or code may be, but for rare ones."""

_IN_TOOL_RESULTS = {"images": "tool_images", "files": "tool_files"}


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model must be able to do to answer a request.

    Attributes:
        tokens: the request's, estimated.
        abilities: by their names in `Abilities`.
        beyond: tiers that can't, whatever they are able to.
    """

    tokens: int
    abilities: frozenset[str]
    beyond: frozenset[str] = frozenset()

    def met_by(self, tier: Tier) -> bool:
        """Whether this model may be able; what is unknown of it is not held against it."""
        has = tier.abilities
        if has.input_tokens is not None and self.tokens > has.input_tokens:
            return False
        if tier.name in self.beyond:
            return False
        return all(getattr(has, name) is not False for name in self.abilities)

    def loosened(self) -> "Needs":
        """What is needed without a doubt.

        Counts are estimates, and answers with a format can be asked for as tool calls.
        """
        tokens = int(self.tokens / _SLACK)
        return replace(self, tokens=tokens, abilities=self.abilities - {"structured"})


def needs_of(prompt: Prompt, plan: QueryPlan) -> Needs:
    """What answering a request takes."""
    return Needs(plan.input_tokens, frozenset(_abilities(prompt)), prompt.beyond)


def fitting(needs: Needs, roster: Roster) -> tuple[Strategy, ...]:
    """The arms whose models can read the request and answer in the form it wants.

    Premium stays in any case: where nothing fits, its own error says so best.
    """
    *others, premium = roster.arms
    fit = [arm for arm in others if needs.met_by(roster.tiers[arm.tier])]
    return roster.arms if len(fit) == len(others) else (*fit, premium)


def _abilities(prompt: Prompt) -> Iterator[str]:
    if prompt.tools:
        yield "tools"
    if prompt.response_format is not None:
        yield "structured"
    for message in prompt.messages:
        for kind in media_of(message):
            yield kind
            if kind in _IN_TOOL_RESULTS and message.role in TOOL_ROLES:
                yield _IN_TOOL_RESULTS[kind]
