"""The models that may answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model can do; None where that is unknown.

    Attributes:
        input_tokens: the most it reads.
        output_tokens: the most it writes, as its own settings say.
        tools: it calls tools.
        images, audio, video: it reads images, listens, watches.
        files: it reads files that are no text, such as PDF.
        tool_images, tool_files: it reads them in the result of a tool.
        structured: it keeps to a response format.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    tools: bool | None = None
    images: bool | None = None
    audio: bool | None = None
    video: bool | None = None
    files: bool | None = None
    tool_images: bool | None = None
    tool_files: bool | None = None
    structured: bool | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """A model at a price and place in the order.

    Attributes:
        name: what strategies call it (`cheap`, `balanced`, `premium`, …).
        model: the model's name as its provider knows it; prices are looked up by it.
        provider: the provider's name, empty when unknown.
        identity: text that changes whenever the model's own settings would change its answers
            (name, temperature, …). Part of every cache key.
        abilities: what the model can do.
    """

    name: str
    model: str
    provider: str = ""
    identity: str = ""
    abilities: Abilities = field(default=Abilities(), repr=False)


@dataclass(frozen=True, slots=True)
class Strategy:
    """An arm of the bandit: a tier with its generation parameters.

    Attributes:
        arm_id: the arm's name in reports and in the bandit's state.
        tier: the tier that answers; the arm's own name when left empty.
        model: the model behind the tier (an object of the framework or a string), for
            wrappers that are given strategies and no tiers.
        max_tokens: a limit on the answer; the smaller of it and the caller's is sent.
        temperature, top_p, frequency_penalty, presence_penalty: sent when set and when the
            caller set none.
        metadata: the user's own notes.
    """

    arm_id: str
    tier: str = ""
    model: Any = field(default=None, repr=False)
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.tier:
            object.__setattr__(self, "tier", self.arm_id)


@dataclass(frozen=True, slots=True)
class Roster:
    """The models that may answer a request.

    Attributes:
        tiers: by name.
        arms: the strategies, cheapest first; the last is the premium one, the baseline that
            savings are measured against.
        identity: text that changes whenever another set of models could answer.
    """

    tiers: Mapping[str, Tier]
    arms: tuple[Strategy, ...]
    identity: str = field(init=False)

    def __post_init__(self) -> None:
        # A tier without an arm may be pinned.
        object.__setattr__(self, "identity", repr((self.arms, tuple(self.tiers.values()))))

    @property
    def premium(self) -> Strategy:
        """The arm that savings are measured against."""
        return self.arms[-1]
