"""`TokenomicsLLM`: a model that answers from memory, a cheap tier or a better one."""

from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import replace
from operator import is_not
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from llama_index.core.base.llms.types import (
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.llms import ChatMessage, ChatResponse, CompletionResponse
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools import BaseTool
from pydantic import ConfigDict, Field, SecretStr, SkipValidation, ValidationError
from typing_extensions import override

from tokenomics_llamaindex.backend import Caller, Completion, LlamaIndexBackend
from tokenomics_llamaindex.convert import TIER, to_messages
from tokenomics_llamaindex.crew import Crew
from tokenomics_llamaindex.doors import Doors
from tokenomics_llamaindex.events import current_span, spanned, tell
from tokenomics_llamaindex.limits import limit_in
from tokenomics_llamaindex.models import resolve
from tokenomics_llamaindex.replies import (
    Ending,
    ResponseCodec,
    answer_of,
    last_chunk,
    to_completion,
    told,
)
from tokenomics_llamaindex.requests import to_prompt
from tokenomics_llamaindex.retrievals import listen
from tokenomics_llamaindex.structured import Structured
from tokenomics_llamaindex.tools import ToolList
from tokenomics_llamaindex.wishes import take_wishes
from tokenomics_shared.bandit.arms import warn_of_order
from tokenomics_shared.config import TokenomicsConfig
from tokenomics_shared.config_errors import in_words
from tokenomics_shared.crew import TIERS, take_pin
from tokenomics_shared.drivers import Done
from tokenomics_shared.engine import Engine
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.settings import judging_models, read_settings
from tokenomics_shared.types import Outcome, Prompt, Roster, Strategy
from tokenomics_shared.wishes import OURS

_CODEC = ResponseCodec()
_CREW = "_crew_and_models"
_Request = tuple[Prompt, Roster, ResponseCodec, LlamaIndexBackend]

_OF_PROMPTS = (
    "system_prompt",
    "messages_to_prompt",
    "completion_to_prompt",
    "output_parser",
    "query_wrapper_prompt",
    "pydantic_program_mode",
)
"""How LlamaIndex turns templates into calls: as premium would, where nothing else is said."""

Given = Annotated[Any, SkipValidation]


def _hidden() -> Any:
    """A setting that may hold keys, or what can't be written down."""
    return Field(default=None, exclude=True, repr=False)


class TokenomicsLLM(Doors, Structured):
    """A model made of others: it answers from memory, by a cheap one, or by a better one.

    ```python
    Settings.llm = TokenomicsLLM(cheap=OpenAI("gpt-4o-mini"), premium=OpenAI("gpt-4o"))
    response = index.as_query_engine().query("How high is the tower?")
    print(Settings.llm.engine.report())
    ```

    Every response says what happened in `additional_kwargs["tokenomics"]`, a stream in its last
    chunk; LlamaIndex's instrumentation gets it as a `TokenomicsDecisionEvent`. Callbacks hear of
    each call to a tier, as that tier tells of it, and of nothing when memory answers.

    Attributes:
        cheap, balanced, premium: models of LlamaIndex's, or strings such as `"openai:gpt-4o-mini"`
            and `"openai:NAME@http://host:8000/v1"`. Savings are measured against premium.
        strategies: arms of the bandit, cheapest first, over these tiers or with models of their
            own; one arm a tier when None. Premium, when given, is the last arm in any case.
        config: the configuration, a mapping of its settings, or the path of a TOML file.
        quality_target: share of premium's quality to keep at the least cost, in (0, 1].
        aim: the same in words: `save`, `balanced` (the default) or `quality`.
        token_budget: tokens a request is planned for, prompt and answer together; 4,000 when None.
        history: what becomes of old turns over that budget: `off`, `window` or `summary`.
        llm, memory, orchestrator, compression, prediction, bandit, judge, cascading, audit,
            telemetry, prices: the configuration's parts, as mappings or objects, over `config`.
            `judge` may also be a function `(question, answer) -> score` from 0 to 1;
            `compression` True, a method's name or a `Compressor`.
        state_dir: folder for cache, ledger and bandit state; without it they end with the process.
        engine: shared with other models when given; made from the configuration otherwise.
        context_window: tokens that LlamaIndex may fill with prompt and answer; the least of the
            tiers' when None.
        num_output: tokens it leaves for the answer; the least that a tier names when None.
        corpus_version: of what answers are retrieved from, for calls that say none; within one
            version an answer holds whatever nodes were retrieved.
        temperature, max_tokens: sent with every call that sets none.
        timeout, max_retries, api_key: for models made from strings.

    What else every model of LlamaIndex's has (`system_prompt`, `output_parser`, …) is premium's
    where it isn't given.

    Raises:
        ConfigError: a setting is unknown or impossible; it is named.
        StoreError: a file is foreign, newer or unreadable; it is left as it is.
    """

    cheap: Given = _hidden()
    balanced: Given = _hidden()
    premium: Given = _hidden()
    strategies: Annotated[Sequence[Strategy] | None, SkipValidation] = _hidden()
    config: Annotated[TokenomicsConfig | Mapping[str, Any] | str | Path | None, SkipValidation] = (
        _hidden()
    )
    llm: Given = _hidden()
    memory: Given = _hidden()
    orchestrator: Given = _hidden()
    compression: Given = _hidden()
    prediction: Given = _hidden()
    bandit: Given = _hidden()
    judge: Given = _hidden()
    cascading: Given = _hidden()
    audit: Given = _hidden()
    telemetry: Given = _hidden()
    prices: Given = _hidden()
    quality_target: Given = _hidden()
    aim: Given = _hidden()
    token_budget: Given = _hidden()
    history: Given = _hidden()
    state_dir: str | Path | None = _hidden()
    engine: Annotated[Engine, SkipValidation] = _hidden()
    context_window: int | None = Field(default=None, gt=0)
    num_output: int | None = Field(default=None, gt=0)
    temperature: float | None = None
    max_tokens: int | None = None
    timeout: float | None = None
    max_retries: int | None = None
    api_key: SecretStr | None = _hidden()

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    if not TYPE_CHECKING:  # type checkers know the fields

        def __init__(self, **settings: Any) -> None:
            values = read_settings(settings, resolve)
            try:
                super().__init__(**values)
            except ValidationError as error:
                raise ConfigError(in_words(error)) from None
            # Looked at now, so that what is wrong with the models is said now.
            crew, books = self._crew, self.engine.parts.books
            for name in _OF_PROMPTS:
                if name not in settings:
                    setattr(self, name, getattr(crew.premium, name))
            roster = crew.roster()
            self.engine.roster = self.engine.roster or roster
            listen()
            with books.faults.shield("prices"):
                warn_of_order(roster, books.cost)

    @classmethod
    @override
    def class_name(cls) -> str:
        """What LlamaIndex calls it where it is stored."""
        return "TokenomicsLLM"

    @override
    def __repr_args__(self) -> Any:
        # Callbacks and templates say nothing; what may hold keys is never shown.
        yield "model", self._crew.title
        yield from (pair for pair in super().__repr_args__() if isinstance(pair[1], int | float))

    @property
    def roster(self) -> Roster:
        """The models that may answer, as the engine knows them."""
        return self._crew.roster()

    @property
    @override
    def _crew(self) -> Crew:
        """The models as they are now: a copy may have been given others."""
        given = (self.cheap, self.balanced, self.premium, self.strategies)
        known: tuple[Crew, tuple[Any, ...]] | None = self.__dict__.get(_CREW)
        if known is None or any(map(is_not, given, known[1])):
            named = {tier: model for tier in TIERS if (model := getattr(self, tier)) is not None}
            config = self.engine.config
            salt, helpers = config.model_dump_json(), judging_models(config.judge, resolve)
            crew = Crew.of(named, self.strategies, salt, helpers)
            known = self.__dict__[_CREW] = (crew, given)
        return known[0]

    @property
    @override
    def metadata(self) -> LLMMetadata:
        """What all of the models can do."""
        crew = self._crew
        each = [model.metadata for model in crew.models()]
        outputs = [it.num_output for it in each if it.num_output > 0]
        roles = {it.system_role for it in each}
        return LLMMetadata(
            context_window=self.context_window or min(it.context_window for it in each),
            num_output=self.num_output or min(outputs, default=each[-1].num_output),
            is_chat_model=any(it.is_chat_model for it in each),
            is_function_calling_model=all(
                isinstance(model, FunctionCallingLLM) and it.is_function_calling_model
                for model, it in zip(crew.models(), each, strict=True)
            ),
            model_name=crew.title,
            system_role=roles.pop() if len(roles) == 1 else MessageRole.SYSTEM,
        )

    # None of these is decorated with LlamaIndex's callbacks: the tiers are, and tell of their
    # own calls. Decorated too, every token would be counted twice, and those of a hit once.

    @override
    @spanned
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation."""
        request = self._request(messages, kwargs)
        return self._answered(self.engine.run(*request), current_span())

    @override
    @spanned
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation without blocking the event loop."""
        request = self._request(messages, kwargs)
        return self._answered(await self.engine.arun(*request), current_span())

    @override
    @spanned
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Stream an answer; the last chunk says what happened."""
        return self._streamed(self._request(messages, kwargs), current_span())

    @override
    @spanned
    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """Stream an answer without blocking the event loop."""
        return self._astreamed(self._request(messages, kwargs), current_span())

    @override
    @spanned
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer a text."""
        request = self._completing(prompt, kwargs, formatted=formatted)
        return to_completion(self._answered(self.engine.run(*request), current_span()))

    @override
    @spanned
    async def acomplete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponse:
        """Answer a text without blocking the event loop."""
        request = self._completing(prompt, kwargs, formatted=formatted)
        return to_completion(self._answered(await self.engine.arun(*request), current_span()))

    @override
    @spanned
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        """Stream an answer to a text."""
        request = self._completing(prompt, kwargs, formatted=formatted)
        return _completions(self._streamed(request, current_span()))

    @override
    @spanned
    async def astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        """Stream an answer to a text without blocking the event loop."""
        request = self._completing(prompt, kwargs, formatted=formatted)
        return _acompletions(self._astreamed(request, current_span()))

    @override
    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        if isinstance(user_msg, str):
            user_msg = ChatMessage(role=MessageRole.USER, content=user_msg)
        options = {
            "verbose": verbose,
            "allow_parallel_tool_calls": allow_parallel_tool_calls,
            "tool_required": tool_required,
        }
        messages = [*(chat_history or ()), *([user_msg] if user_msg else ())]
        return {"messages": messages, "tools": ToolList(tools, options), **kwargs}

    @override
    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """Read the tool calls, as the tier reads them whose answer it is."""
        return self._answering(response).get_tool_calls_from_response(
            response, error_on_no_tool_call=error_on_no_tool_call, **kwargs
        )

    @override
    def _validate_chat_with_tools_response(
        self,
        response: ChatResponse,
        tools: Sequence[BaseTool],
        allow_parallel_tool_calls: bool = False,
        **kwargs: Any,
    ) -> ChatResponse:
        return self._answering(response)._validate_chat_with_tools_response(
            response, tools, allow_parallel_tool_calls=allow_parallel_tool_calls, **kwargs
        )

    def _answering(self, response: ChatResponse) -> FunctionCallingLLM:
        """The model whose answer it is; premium where that can't be told."""
        crew = self._crew
        model: Any = crew.tiers.get(response.additional_kwargs.get(TIER, "")) or crew.premium
        return model  # type: ignore[no-any-return]  # asked for tools, it is one that takes them

    def _completing(self, prompt: str, given: Mapping[str, Any], *, formatted: bool) -> _Request:
        asked = [ChatMessage(role=MessageRole.USER, content=prompt)]
        return self._request(asked, given, Completion(prompt, formatted))

    def _request(
        self,
        messages: Sequence[ChatMessage],
        given: Mapping[str, Any],
        completion: Completion | None = None,
    ) -> _Request:
        """What the engine needs to answer a call."""
        kwargs = dict(given)
        wishes = take_wishes(kwargs)
        if self.temperature is not None:
            kwargs.setdefault("temperature", self.temperature)
        limit = self.max_tokens if limit_in(kwargs) is None else None
        crew = self._crew
        roster = crew.roster()
        pin = take_pin(kwargs, crew)
        turns = to_messages(messages)
        prompt = to_prompt(turns, kwargs, pin)
        if limit is not None:
            prompt = replace(prompt, max_tokens=limit)
        if completion is not None and crew.completing:
            prompt = replace(prompt, params={**prompt.params, "completion": completion.formatted})
        if wishes is not None:
            prompt = wishes.put_on(prompt)
        prompt = self._as_asked(prompt, messages if completion is None else completion.prompt)
        caller = Caller(self.callback_manager, self.rate_limiter, current_span())
        backend = LlamaIndexBackend(crew, turns, kwargs, caller, limit, completion)
        return prompt, roster, _CODEC, backend

    def _answered(self, outcome: Outcome, span: str | None) -> ChatResponse:
        response = told(answer_of(outcome), outcome)
        tell(response.additional_kwargs[OURS], span)
        return response

    def _streamed(
        self, request: _Request, span: str | None
    ) -> Generator[ChatResponse, None, None]:
        ending = Ending()
        with closing(self.engine.stream(*request)) as chunks:
            for chunk in chunks:
                if isinstance(chunk, Done):
                    yield self._ended(chunk, span)
                else:
                    yield from ending.passed(chunk)

    async def _astreamed(
        self, request: _Request, span: str | None
    ) -> AsyncGenerator[ChatResponse, None]:
        ending = Ending()
        async with aclosing(self.engine.astream(*request)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, Done):
                    yield self._ended(chunk, span)
                else:
                    for passed in ending.passed(chunk):
                        yield passed

    def _ended(self, done: Done, span: str | None) -> ChatResponse:
        last = last_chunk(done.result)
        tell(last.additional_kwargs[OURS], span)
        return last


def _completions(chunks: Generator[ChatResponse, None, None]) -> CompletionResponseGen:
    with closing(chunks):
        yield from map(to_completion, chunks)


async def _acompletions(chunks: AsyncGenerator[ChatResponse, None]) -> CompletionResponseAsyncGen:
    async with aclosing(chunks):
        async for chunk in chunks:
            yield to_completion(chunk)
