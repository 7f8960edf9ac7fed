"""Tools and schemas, bound once and handed to each tier in its own provider's form."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import (
    BaseCumulativeTransformOutputParser,
    JsonOutputParser,
    PydanticOutputParser,
)
from langchain_core.output_parsers.openai_tools import (
    JsonOutputKeyToolsParser,
    PydanticToolsParser,
)
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.runnables import Runnable, RunnableBinding, RunnableMap, RunnablePassthrough
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.pydantic import is_basemodel_subclass
from typing_extensions import override

Tool = Mapping[str, Any] | type | Callable[..., Any] | BaseTool
Schema = Mapping[str, Any] | type
Target = tuple[BaseChatModel, dict[str, Any]]
"""The model to call and the arguments bound to it."""


class ToolList(list[Any]):
    """Tools as OpenAI schemas for everyone who looks, and as given for the tiers to bind.

    Tracing, cache keys and `disable_streaming="tool_calling"` look at `kwargs["tools"]`; plain
    schemas keep what they see stable and JSON-able.
    """

    def __init__(self, tools: Sequence[Tool], options: Sequence[str] = ()) -> None:
        """Convert the tools.

        Args:
            tools: as given to `bind_tools`.
            options: names of the other arguments that `bind_tools` was given.
        """
        super().__init__(_as_schema(tool) for tool in tools)
        self.given = list(tools)
        self.options = tuple(options)
        self._bound: dict[int, tuple[Any, Any, Target]] = {}

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        return ToolList, (self.given, self.options)

    def bind_to(self, tier: Any, kwargs: dict[str, Any]) -> Target:
        """Bind to a tier, moving the options from the call's arguments into the binding."""
        options = {name: kwargs.pop(name) for name in self.options if name in kwargs}
        known = self._bound.get(id(tier))
        if known is not None and known[0] is tier and known[1] == options:
            return known[2]
        target = flatten(tier.bind_tools(self.given, **options))
        self._bound[id(tier)] = (tier, options, target)
        return target


class AnswerSchema(dict[str, Any]):
    """What `with_structured_output` asked for: plain to look at, bound by each tier its own way.

    The mapping holds the JSON schema, so that keys change whenever the schema does.
    """

    def __init__(self, schema: Schema, options: Mapping[str, Any]) -> None:
        """Describe the schema.

        Args:
            schema: as given to `with_structured_output`.
            options: its other arguments, those that were given.
        """
        function = convert_to_openai_tool(schema)["function"]
        super().__init__(json_schema=function, **options)
        self.given = schema
        self.options = dict(options)
        self._bound: dict[int, tuple[Any, Target]] = {}

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        return AnswerSchema, (self.given, self.options)

    def bind_to(self, tier: Any) -> Target:
        """Bind to a tier as its own `with_structured_output` does."""
        known = self._bound.get(id(tier))
        if known is not None and known[0] is tier:
            return known[1]
        chain = tier.with_structured_output(self.given, include_raw=True, **self.options)
        target = flatten(_raw_step(chain) or tier.bind_tools([self.given], tool_choice="any"))
        self._bound[id(tier)] = (tier, target)
        return target

    def parser(self) -> Runnable[Any, Any]:
        """Parses an answer whichever way its tier was asked."""
        return AnswerParser(answer_schema=self)

    def chain(self, bound: Runnable[Any, Any], *, include_raw: bool) -> Runnable[Any, Any]:
        """A bound model and the parser of its answers."""
        if not include_raw:
            return bound | self.parser()
        parsed = RunnablePassthrough.assign(
            parsed=itemgetter("raw") | self.parser(), parsing_error=lambda _: None
        )
        failed = RunnablePassthrough.assign(parsed=lambda _: None)
        return RunnableMap(raw=bound) | parsed.with_fallbacks(
            [failed], exception_key="parsing_error"
        )


class AnswerParser(BaseCumulativeTransformOutputParser[Any]):
    """Parses a structured answer from the tool call it came as, or else from its text."""

    answer_schema: Any

    @property
    @override
    def _type(self) -> str:
        return "tokenomics_answer"

    @override
    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Parse the first generation."""
        schema = self.answer_schema.given
        is_model = isinstance(schema, type) and is_basemodel_subclass(schema)
        message = result[0].message if isinstance(result[0], ChatGeneration) else None
        parser: Any
        if getattr(message, "tool_calls", None):
            name = self.answer_schema["json_schema"]["name"]
            parser = (
                PydanticToolsParser(tools=[schema], first_tool_only=True)
                if is_model
                else JsonOutputKeyToolsParser(key_name=name, first_tool_only=True)
            )
        else:
            parser = (
                PydanticOutputParser(pydantic_object=schema) if is_model else JsonOutputParser()
            )
        return parser.parse_result(result, partial=partial)

    @override
    def parse(self, text: str) -> Any:
        """Parse a text."""
        return self.parse_result([Generation(text=text)])


def flatten(runnable: Any) -> Target:
    """The model inside bindings, and all that they bind.

    A binding must not be invoked itself: it would read the ambient callbacks again, and usage
    and tokens would be told twice.
    """
    kwargs: dict[str, Any] = {}
    while isinstance(runnable, RunnableBinding):
        kwargs = {**runnable.kwargs, **kwargs}
        runnable = runnable.bound
    # Meant for tracing; only `invoke` and its like take it out again.
    kwargs.pop("ls_structured_output_format", None)
    return runnable, kwargs


def _raw_step(chain: Any) -> Any:
    """The bound model in a `with_structured_output(include_raw=True)` chain, if it is there."""
    first = getattr(chain, "first", None)
    raw = first.steps__.get("raw") if isinstance(first, RunnableMap) else None
    return raw if isinstance(raw, RunnableBinding) else None


def _as_schema(tool: Tool) -> Any:
    try:
        return convert_to_openai_tool(tool)
    except ValueError:
        # A provider's own built-in tool, in its own form.
        return tool
