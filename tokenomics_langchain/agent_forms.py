"""The form that an agent's answers must have, as `create_agent` asks models for it."""

from collections.abc import Mapping
from typing import Any

from langchain.agents.factory import _supports_provider_strategy
from langchain.agents.middleware import ModelRequest, ModelResponse
from langchain.agents.structured_output import (
    AutoStrategy,
    OutputToolBinding,
    ProviderStrategy,
    ProviderStrategyBinding,
    ToolStrategy,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from tokenomics_langchain.binding import ToolList
from tokenomics_langchain.by_identity import ByIdentity

_UNNAMED = "response_format"
"""What a schema without a title is called: LangChain draws it a name of its own each time."""


class AnswerForm:
    """What `response_format` asks for.

    Attributes:
        described: as the engine reads it: the key of a cache, and what answers are checked by.
        functions: what the model may call to answer, where there are several.
        name: of the one function; empty where there are several.
    """

    def __init__(self, given: Any) -> None:
        """Read it: a strategy of LangChain's, or a bare schema."""
        known = isinstance(given, ToolStrategy | ProviderStrategy | AutoStrategy)
        self._strategy = given if known else AutoStrategy(given)
        strategy = self._strategy
        if isinstance(strategy, ProviderStrategy):
            self._specs = [strategy.schema_spec]
        else:
            by_tool = strategy if isinstance(strategy, ToolStrategy) else None
            self._specs = (by_tool or ToolStrategy(strategy.schema)).schema_specs
        functions = [_function(spec) for spec in self._specs]
        kind = type(strategy).__name__
        if len(functions) == 1:
            self.name, self.functions = functions[0]["name"], []
            self.described = {**functions[0], "by": kind}
        else:
            self.name, self.functions = "", functions
            self.described = {"anyOf": [spec.json_schema for spec in self._specs], "by": kind}

    def is_broken(self, response: ModelResponse[Any]) -> bool:
        """Whether an answer came in this form but not by its schema: the agent asks again."""
        return response.structured_response is None and any(
            isinstance(message, ToolMessage) for message in response.result
        )

    def parsed(self, message: AIMessage) -> Any:
        """The structured answer in a kept message's text; None when it would come as a call.

        Raises:
            ValueError: the text is not in this form.
        """
        if isinstance(self._strategy, ToolStrategy) or len(self._specs) > 1:
            return None
        return ProviderStrategyBinding.from_schema_spec(self._specs[0]).parse(message)

    def bound(self, model: BaseChatModel, given: list[Any]) -> dict[str, Any]:
        """The arguments that bring this model, offered these tools, to answer in this form."""
        strategy = self._strategy
        if isinstance(strategy, AutoStrategy) and _supports_provider_strategy(model, tools=given):
            strategy = ProviderStrategy(strategy.schema)
        if isinstance(strategy, ProviderStrategy):
            tools = ToolList(given, ("response_format",))
            return {"tools": tools, **strategy.to_model_kwargs()}
        answers = [OutputToolBinding.from_schema_spec(spec).tool for spec in self._specs]
        return {"tools": ToolList([*given, *answers], ("tool_choice",)), "tool_choice": "any"}


def bound_as_agents_do(
    request: ModelRequest[Any], form: AnswerForm | None, model: BaseChatModel
) -> dict[str, Any]:
    """The arguments with which `create_agent` would ask this model."""
    if form is not None:
        return form.bound(model, request.tools)
    if not request.tools:
        return {}
    tools = ToolList(request.tools, ("tool_choice",))
    return {"tools": tools, "tool_choice": request.tool_choice}


def tools_of(request: ModelRequest[Any]) -> list[Any]:
    """The schemas of the tools that are offered."""
    return [tool if isinstance(tool, dict) else _schema(tool) for tool in request.tools]


def form_of(request: ModelRequest[Any]) -> AnswerForm | None:
    """The form that is asked for, if any."""
    given = request.response_format
    return None if given is None else _forms.of(given)


_forms = ByIdentity(AnswerForm)
_schemas: ByIdentity[Mapping[str, Any]] = ByIdentity(convert_to_openai_tool)


def _schema(tool: BaseTool) -> Mapping[str, Any]:
    return _schemas.of(tool, (tool.name, tool.description, id(tool.args_schema)))


def _function(spec: Any) -> dict[str, Any]:
    named = not isinstance(spec.schema, dict) or "title" in spec.schema
    return {
        "name": spec.name if named else _UNNAMED,
        "description": spec.description,
        "parameters": spec.json_schema,
        "strict": spec.strict,
    }
