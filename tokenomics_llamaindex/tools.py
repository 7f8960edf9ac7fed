"""Tools, given once and handed to each tier in its own provider's form."""

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.llms import LLM, ChatMessage
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.tools import BaseTool

from tokenomics_shared.errors import ConfigError


class ToolList(list[Any]):
    """Tools as OpenAI schemas for the engine to read, and as given for the tiers to prepare."""

    def __init__(self, tools: Sequence[BaseTool], options: Mapping[str, Any]) -> None:
        """Describe the tools.

        Args:
            tools: as given to `chat_with_tools`.
            options: how they may be used: `tool_required`, `allow_parallel_tool_calls`, …
        """
        super().__init__(tool.metadata.to_openai_tool(skip_length_check=True) for tool in tools)
        self.given = list(tools)
        self.options = dict(options)

    def prepared(
        self, model: LLM, messages: list[ChatMessage], kwargs: Mapping[str, Any]
    ) -> tuple[list[ChatMessage], dict[str, Any]]:
        """What a tier sends for them: messages and arguments.

        Raises:
            ConfigError: the model takes no tools.
        """
        if not isinstance(model, FunctionCallingLLM):
            raise ConfigError(f"{type(model).__name__} takes no tools")
        # A copy: some integrations add to the list they get.
        told = model._prepare_chat_with_tools_compat(
            self.given, chat_history=list(messages), **self.options, **kwargs
        )
        return told.pop("messages"), told
