"""Tools and schemas, bound once and handed to each tier in its own provider's form."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import (
    Runnable,
    RunnableBinding,
    RunnableLambda,
    RunnableMap,
    RunnablePassthrough,
    RunnableSequence,
)
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.json import parse_json_markdown
from langchain_core.utils.pydantic import get_fields, is_basemodel_subclass
from pydantic import BaseModel
from typing_extensions import override

from tokenomics_langchain.dialects import owner_of
from tokenomics_langchain.foreign import Form
from tokenomics_langchain.foreign_tools import plain
from tokenomics_langchain.parsing import AnswerParser

Tool = Mapping[str, Any] | type | Callable[..., Any] | BaseTool
Schema = Mapping[str, Any] | type
Target = tuple[BaseChatModel, dict[str, Any]]
"""The model to call and the arguments bound to it."""
_Step = Runnable[Any, Any]

TOOL_OPTIONS = frozenset({"tool_choice", "strict", "parallel_tool_calls", "tool_config"})
"""Arguments of a call that belong to its tools."""


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
        # Copies: some clients change the schemas that they are given.
        super().__init__(plain(_as_schema(tool)) for tool in tools)
        self.given = list(tools)
        self.options = tuple(options)
        self.own_to_providers = any(owner_of(tool) is not None for tool in tools)
        """Some of them are built into one provider's models."""
        self._bound: dict[int, tuple[Any, Any, Target]] = {}

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        return ToolList, (self.given, self.options)

    def bind_to(self, tier: Any, kwargs: dict[str, Any], form: Form | None = None) -> Target:
        """Bind to a tier, moving the options from the call's arguments into the binding.

        Args:
            tier: the model.
            kwargs: the call's arguments.
            form: what of the tools it can be given; None for all.
        """
        options = {name: kwargs.pop(name) for name in self.options if name in kwargs}
        known = self._bound.get(id(tier))
        if known is not None and known[0] is tier and known[1] == options:
            return known[2]
        given = self.given
        if form is not None:
            given = form.tools(given, options.get("tool_choice"))
        target = flatten(tier.bind_tools(given, **options))
        self._bound[id(tier)] = (tier, options, target)
        return target

    def fault(self, message: AIMessage) -> str | None:
        """Which call a tool's own class refuses, though its schema lets it pass; None for none."""
        if not message.tool_calls:
            return None
        known = zip(self, map(_class_of, self.given), strict=True)
        classes = {_name(shown): kind for shown, kind in known if kind is not None}
        for call in message.tool_calls:
            kind = classes.get(call["name"])
            if kind is not None and not _takes(kind, call["args"]):
                return f"{call['name']} refuses its arguments"
        return None


class AnswerSchema(dict[str, Any]):
    """What `with_structured_output` asked for: plain to look at, bound by each tier its own way.

    The mapping holds the JSON schema and the options, so that keys change whenever they do.
    """

    def __init__(self, schema: Schema | None, options: Mapping[str, Any]) -> None:
        """Describe the schema.

        Args:
            schema: as given to `with_structured_output`; None for JSON of any kind.
            options: its other arguments, those that were given.
        """
        shown = dict(options)
        if shown.get("tools"):
            shown["tools"] = list(map(_as_schema, shown["tools"]))
        super().__init__(json_schema=_function(schema), schema=_own_form(schema), **shown)
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
        asked, _ = self._asked(tier)
        target = flatten(asked or tier.bind_tools([self.given], tool_choice="any"))
        self._bound[id(tier)] = (tier, target)
        return target

    def fault(self, message: AIMessage) -> str | None:
        """Whether the class that was given refuses what its schema lets pass; None when not."""
        kind = _class_of(self.given)
        if kind is None or message.additional_kwargs.get("parsed") is not None:
            return None
        name = self["json_schema"]["name"]
        values = [call["args"] for call in message.tool_calls if call["name"] == name]
        if not values and not message.tool_calls:
            try:
                values = [parse_json_markdown(message.text)]
            except ValueError:
                # Seen by whoever judges its form.
                return None
        refused = values and not _takes(kind, values[0])
        return f"{name} refuses the answer" if refused else None

    def parser(self, tiers: Sequence[BaseChatModel]) -> Runnable[Any, Any]:
        """Parses an answer, whichever of these models gives it.

        It is premium's own, unless others are asked in other ways.

        Args:
            tiers: the models that may answer, premium last.

        Raises:
            Exception: whatever premium raises when it is asked so.
        """
        *others, premium = tiers
        _, own = self._asked(premium)
        if own is not None and not any(self._differs(own, premium, other) for other in others):
            return own
        return AnswerParser(answer_schema=self)

    def _differs(self, own: Any, premium: BaseChatModel, other: BaseChatModel) -> bool:
        try:
            _, parser = self._asked(other)
        except Exception:  # noqa: BLE001 -- one that can't be asked so never answers so
            return False
        # What a function does can't be seen; that of the same class does the same.
        seen = not isinstance(_last(own), RunnableLambda) or type(other) is type(premium)
        return not seen or type(_last(parser)) is not type(_last(own))

    def _asked(self, tier: BaseChatModel) -> tuple[_Step | None, _Step | None]:
        """The bound model and what reads its answers in a tier's own chain; None when it has none.

        Some clients put a step of their own between the model and the parser.
        """
        chain = tier.with_structured_output(self.given, **self.options)  # type: ignore[arg-type]
        if isinstance(chain, RunnableSequence) and isinstance(chain.first, RunnableBinding):
            first, *rest = chain.steps
            return first, rest[0] if len(rest) == 1 else RunnableSequence(*rest)
        return None, None

    def chain(
        self, bound: Runnable[Any, Any], parser: Runnable[Any, Any], *, include_raw: bool
    ) -> Runnable[Any, Any]:
        """A bound model and the parser of its answers."""
        if not include_raw:
            return bound | parser
        parsed = RunnablePassthrough.assign(
            parsed=itemgetter("raw") | parser, parsing_error=lambda _: None
        )
        failed = RunnablePassthrough.assign(parsed=lambda _: None)
        return RunnableMap(raw=bound) | parsed.with_fallbacks(
            [failed], exception_key="parsing_error"
        )


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


def _last(parser: Any) -> Any:
    """The step that makes the answer, after any that only look at what the model said."""
    return parser.last if isinstance(parser, RunnableSequence) else parser


def _function(schema: Schema | None) -> Any:
    """The schema as a function, by which answers are judged; JSON mode when there is none."""
    described = None if schema is None else _as_schema(schema)
    if not isinstance(described, Mapping):
        return {"type": "json_object"}
    return described.get("function", described)


def _own_form(schema: Schema | None) -> Any:
    """What is sent of a schema and its function leaves out."""
    if isinstance(schema, type):
        return schema.model_json_schema() if issubclass(schema, BaseModel) else None
    return schema


def _name(shown: Any) -> Any:
    """What a tool is called, as its schema says it."""
    return shown.get("function", shown).get("name") if isinstance(shown, Mapping) else None


def _class_of(given: Any) -> type | None:
    """The pydantic class by which a tool or schema checks what it gets, if it has one.

    One with arguments that no model gives, such as an agent's state, can't be tried beforehand.
    """
    if isinstance(given, BaseTool):
        own = given.args_schema
        if not isinstance(own, type) or set(given.args) != set(get_fields(own)):
            return None
        given = own
    return given if isinstance(given, type) and is_basemodel_subclass(given) else None


def _takes(kind: Any, value: Any) -> bool:
    """Whether a class can be made of this; whatever its validators raise, it can't."""
    check = kind.model_validate if issubclass(kind, BaseModel) else kind.parse_obj
    try:
        check(value)
    except Exception:  # noqa: BLE001 -- code of the caller's, run for what it says
        return False
    return True


def _as_schema(tool: Tool) -> Any:
    if isinstance(tool, Mapping) and owner_of(tool) is not None:
        # A function would be made of some of them, and their settings lost.
        return tool
    try:
        return convert_to_openai_tool(tool)
    except ValueError:
        # A provider's own built-in tool, in its own form.
        return tool
