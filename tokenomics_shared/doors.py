"""Doors to the engine that are the same in every framework."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenomics_shared.errors import PromptError

if TYPE_CHECKING:
    from tokenomics_shared.prediction.refit import LengthsRefit
else:
    # Whoever asks for annotations finds them resolvable; the class comes with the engine.
    LengthsRefit = Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of `query`.

    Attributes:
        text: the question.
        system_prompt: goes before it; empty for none.
        wishes: how it is to be remembered and sent.
        pin: the tier that must answer; None for whichever is chosen.
    """

    text: str
    system_prompt: str
    wishes: Mapping[str, Any]
    pin: str | None


class Doors:
    """Doors to the engine for a framework's model."""

    def query(
        self: Any,
        text: str,
        *,
        token_budget: int | None = None,
        use_cache: bool = True,
        use_bandit: bool = True,
        use_compression: bool | None = None,
        system_prompt: str | None = None,
    ) -> dict[str, Any]:
        """Ask one question, and get the answer with everything that is known of it in one mapping.

        Args:
            text: the question.
            token_budget: tokens it may take, prompt and answer together; None for as configured.
            use_cache: memory may answer, and keeps the answer.
            use_bandit: the model is chosen; otherwise premium answers.
            use_compression: long texts are shortened; None for as configured.
            system_prompt: goes before the question.

        Returns:
            `response`, the answer's text, and what every answer says of itself under
            `tokenomics`.

        Raises:
            PromptError: the question or a setting is impossible.
        """
        wishes = _wishes(token_budget, use_compression=use_compression, use_cache=use_cache)
        told: dict[str, Any] = self._queried(
            _asked(text, system_prompt, wishes, use_bandit=use_bandit)
        )
        return told

    async def aquery(
        self: Any,
        text: str,
        *,
        token_budget: int | None = None,
        use_cache: bool = True,
        use_bandit: bool = True,
        use_compression: bool | None = None,
        system_prompt: str | None = None,
    ) -> dict[str, Any]:
        """As `query`, without blocking the event loop."""
        wishes = _wishes(token_budget, use_compression=use_compression, use_cache=use_cache)
        told: dict[str, Any] = await self._aqueried(
            _asked(text, system_prompt, wishes, use_bandit=use_bandit)
        )
        return told

    def train_token_predictor(self: Any) -> Sequence[LengthsRefit]:
        """Learn now how long each model's answers are, from those that were given.

        Returns:
            For each model what came of it, with its pinball loss before and after.

        Raises:
            ConfigError: nothing is learned of lengths, as it is configured.
            MissingExtra: the extra `xgboost` is not installed.
        """
        trained: Sequence[LengthsRefit] = self.engine.train_token_predictor()
        return trained


def _asked(
    text: str, system_prompt: str | None, wishes: Mapping[str, Any], *, use_bandit: bool
) -> Asked:
    for name, given in (("text", text), ("system_prompt", system_prompt or "")):
        if not isinstance(given, str):
            raise PromptError(f"{name} = {given!r}: must be a text")
    return Asked(text, system_prompt or "", wishes, None if use_bandit else "premium")


def _wishes(
    token_budget: int | None, *, use_compression: bool | None, use_cache: bool
) -> dict[str, Any]:
    named = {"token_budget": token_budget, "compress": use_compression}
    wishes: dict[str, Any] = {name: it for name, it in named.items() if it is not None}
    if not use_cache:
        wishes |= {"no_cache": True, "no_store": True}
    return wishes
