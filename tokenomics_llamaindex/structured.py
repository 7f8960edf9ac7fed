"""Structured answers, asked for in each tier's own way.

Models that speak OpenAI's protocol may be asked by a JSON schema, all others by a tool. LlamaIndex
asks by tools itself; here is what it takes when premium is asked by a schema, and when tiers are
of several integrations.
"""

import json
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

from llama_index.core.base.llms.types import ChatResponseAsyncGen, ChatResponseGen
from llama_index.core.llms import LLM, ChatMessage, ChatResponse
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.program.function_program import get_function_tool
from llama_index.core.program.streaming_utils import process_streaming_content_incremental
from llama_index.core.prompts import BasePromptTemplate, PromptTemplate
from llama_index.core.types import Model, PydanticProgramMode
from pydantic import BaseModel
from typing_extensions import override

from tokenomics_llamaindex.crew import Crew
from tokenomics_llamaindex.questions import Questions
from tokenomics_llamaindex.tools import ToolList

_OF_TOOLS = ("tool_choice", "tool_required", "allow_parallel_tool_calls")

SCHEMA = "answer_schema"
"""The argument that hands a call the schema of its answer."""


@runtime_checkable
class BySchema(Protocol):
    """A model that may be asked by a JSON schema, as OpenAI's integrations are."""

    def _should_use_structure_outputs(self) -> bool: ...

    def _prepare_schema(
        self, llm_kwargs: dict[str, Any] | None, output_cls: type[BaseModel]
    ) -> dict[str, Any]: ...


def by_schema(model: LLM) -> BySchema | None:
    """The model, if it is asked by a JSON schema."""
    able = isinstance(model, BySchema) and model._should_use_structure_outputs()
    return model if able else None  # type: ignore[return-value]  # checked


class AnswerSchema(dict[str, Any]):
    """The schema of an answer: plain to look at, asked for by each tier in its own way."""

    def __init__(self, output_cls: type[BaseModel], response_format: Mapping[str, Any]) -> None:
        """Take a class.

        Args:
            output_cls: what answers are made of.
            response_format: how premium is asked for it.
        """
        super().__init__(response_format)
        self.output_cls = output_cls

    def prepared(
        self, model: LLM, messages: list[ChatMessage], kwargs: dict[str, Any]
    ) -> tuple[list[ChatMessage], dict[str, Any]]:
        """What a tier is sent: messages and arguments."""
        own = by_schema(model)
        if own is not None:
            return messages, own._prepare_schema(kwargs, self.output_cls)
        tools = ToolList([get_function_tool(self.output_cls)], {"tool_required": True})
        return tools.prepared(model, messages, kwargs)


class Structured(Questions):
    """Structured answers of a model made of others."""

    @property
    def _crew(self) -> Crew:
        raise NotImplementedError

    @override
    def structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Ask for an object of this class."""
        asked = self._asked(output_cls, prompt, llm_kwargs, prompt_args)
        if asked is None:
            made: Model = super().structured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
            return made
        return self._parsed(output_cls, self.chat(asked.messages, **asked.kwargs))

    @override
    async def astructured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Ask for an object of this class without blocking the event loop."""
        asked = self._asked(output_cls, prompt, llm_kwargs, prompt_args)
        if asked is None:
            made: Model = await super().astructured_predict(
                output_cls, prompt, llm_kwargs, **prompt_args
            )
            return made
        return self._parsed(output_cls, await self.achat(asked.messages, **asked.kwargs))

    @override
    def _structured_stream_call(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Generator[Any, None, None]:
        asked = self._asked(output_cls, prompt, llm_kwargs, prompt_args)
        if asked is None:
            return super()._structured_stream_call(output_cls, prompt, llm_kwargs, **prompt_args)
        return self._objects(output_cls, self.stream_chat(asked.messages, **asked.kwargs))

    @override
    async def _structured_astream_call(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Any, None]:
        asked = self._asked(output_cls, prompt, llm_kwargs, prompt_args)
        if asked is None:
            stream: AsyncGenerator[Any, None] = await super()._structured_astream_call(
                output_cls, prompt, llm_kwargs, **prompt_args
            )
            return stream
        return self._aobjects(output_cls, await self.astream_chat(asked.messages, **asked.kwargs))

    def _objects(
        self, output_cls: type[Model], chunks: ChatResponseGen
    ) -> Generator[Any, None, None]:
        so_far = None
        for chunk in chunks:
            so_far = self._read(output_cls, chunk, so_far)
            yield so_far

    async def _aobjects(
        self, output_cls: type[Model], chunks: ChatResponseAsyncGen
    ) -> AsyncGenerator[Any, None]:
        so_far = None
        async for chunk in chunks:
            so_far = self._read(output_cls, chunk, so_far)
            yield so_far

    def _asked(
        self,
        output_cls: type[BaseModel],
        prompt: PromptTemplate,
        llm_kwargs: Mapping[str, Any] | None,
        prompt_args: Mapping[str, Any],
    ) -> "_Asked | None":
        """Messages and arguments of the call; None where LlamaIndex's own way is all tiers'."""
        schema = self._schema(output_cls)
        if schema is None or self.pydantic_program_mode != PydanticProgramMode.DEFAULT:
            return None
        kwargs = {name: it for name, it in (llm_kwargs or {}).items() if name not in _OF_TOOLS}
        messages = self._filled(prompt, prompt_args, self._structuring)
        return _Asked(messages, {**kwargs, SCHEMA: schema})

    def _structuring(self, prompt: BasePromptTemplate, **prompt_args: Any) -> list[ChatMessage]:
        # Without this model, as LlamaIndex's own models fill templates for this.
        messages: list[ChatMessage] = prompt.format_messages(**prompt_args)
        return self._extend_messages(messages)

    def _schema(self, output_cls: type[BaseModel]) -> AnswerSchema | None:
        """How tiers are asked that LlamaIndex would not ask alike, or not read alike."""
        models = self._crew.models()
        premium = by_schema(models[-1])
        if premium is not None:
            asked = premium._prepare_schema({}, output_cls)["response_format"]
            return AnswerSchema(output_cls, asked)
        if len({type(model) for model in models}) == 1 or not all(map(_takes_tools, models)):
            return None
        return AnswerSchema(output_cls, output_cls.model_json_schema())

    def _parsed(self, output_cls: type[Model], response: ChatResponse) -> Model:
        """The object that an answer is, or calls a tool with."""
        calls = self.get_tool_calls_from_response(response, error_on_no_tool_call=False)
        if calls:
            return output_cls.model_validate(calls[0].tool_kwargs)
        return output_cls.model_validate_json(str(response.message.content))

    def _read(self, output_cls: type[Model], chunk: ChatResponse, so_far: Any) -> Any:
        """What can be told of the object by now."""
        calls = self.get_tool_calls_from_response(chunk, error_on_no_tool_call=False)
        if calls:
            message = ChatMessage(role="assistant", content=json.dumps(calls[0].tool_kwargs))
            chunk = chunk.model_copy(update={"message": message})
        return process_streaming_content_incremental(chunk, output_cls, so_far)


def _takes_tools(model: LLM) -> bool:
    return isinstance(model, FunctionCallingLLM) and model.metadata.is_function_calling_model


class _Asked(NamedTuple):
    messages: list[ChatMessage]
    kwargs: dict[str, Any]
