"""What `ChatTokenomics` says of itself: to traces, to caches in front of it, to agents."""

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration, Generation

from tokenomics_langchain.binding import flatten
from tokenomics_langchain.convert import from_outer_cache
from tokenomics_langchain.crew import TIERS
from tokenomics_langchain.profile import common_profile
from tokenomics_langchain.tracing import RUN
from tokenomics_langchain.wishes import WISHES


class Description:
    """What LangChain asks a chat model about itself; it goes before `BaseChatModel`."""

    @property
    def _llm_type(self: Any) -> str:
        return "tokenomics"

    @property
    def _identifying_params(self: Any) -> dict[str, Any]:
        """Small, stable and JSON-able; changes whenever answers could. A key to outer caches."""
        return {
            **self._crew.identifying(),
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "stop": self.stop,
        }

    def _get_ls_params(self: Any, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        # The base's way probes for attributes that are not there, which pydantic makes slow.
        params = LangSmithParams(
            ls_provider="tokenomics",
            ls_model_type="chat",
            ls_model_name=kwargs.get("model") or self._crew.title,
        )
        temperature = kwargs.get("temperature", self.temperature)
        if temperature is not None:
            params["ls_temperature"] = temperature
        max_tokens = kwargs.get("max_tokens", self.max_tokens)
        if max_tokens is not None:
            params["ls_max_tokens"] = max_tokens
        if stop or self.stop:
            params["ls_stop"] = stop or self.stop
        return params

    def _get_invocation_params(
        self: Any, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        kwargs.pop(RUN, None)
        kwargs.pop(WISHES, None)
        return {**self._identifying_params, "_type": self._llm_type, "stop": stop, **kwargs}

    def _resolve_model_profile(self: Any) -> Any:
        named = (getattr(self, tier) for tier in TIERS)
        given = [*named, *(strategy.model for strategy in self.strategies or ())]
        return common_profile(flatten(model)[0] for model in given if model is not None)

    def _combine_llm_outputs(
        self: Any, llm_outputs: list[dict[str, Any] | None], /
    ) -> dict[str, Any]:
        if not any(llm_outputs):
            return {}
        combined: dict[str, Any] = self._crew.premium._combine_llm_outputs(llm_outputs)
        return combined

    def _convert_cached_generations(
        self: Any, cache_val: list[Generation]
    ) -> list[ChatGeneration]:
        """Answers from a cache of LangChain's in front of us: not what they say of themselves."""
        generations = BaseChatModel._convert_cached_generations(self, cache_val)
        for generation in generations:
            generation.message = from_outer_cache(generation.message)
        return generations

    def get_token_ids(self: Any, text: str) -> list[int]:
        """The text's tokens as premium counts them."""
        read = self.custom_get_token_ids or self._crew.premium.get_token_ids
        ids: list[int] = read(text)
        return ids

    def get_num_tokens(self: Any, text: str) -> int:
        """How many tokens premium counts in the text."""
        own = self.custom_get_token_ids
        return self._crew.premium.get_num_tokens(text) if own is None else len(own(text))

    def get_num_tokens_from_messages(
        self: Any, messages: list[BaseMessage], tools: Sequence[Any] | None = None, **kwargs: Any
    ) -> int:
        """How many tokens premium counts in the conversation."""
        if self.custom_get_token_ids is not None:
            return BaseChatModel.get_num_tokens_from_messages(self, messages, tools, **kwargs)
        counted: int = self._crew.premium.get_num_tokens_from_messages(messages, tools, **kwargs)
        return counted
