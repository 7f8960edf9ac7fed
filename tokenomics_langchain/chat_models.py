"""`ChatTokenomics`: a chat model that answers from memory, a cheap tier or a better one."""

import inspect
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import replace
from operator import is_not
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models._utils import _normalize_messages
from langchain_core.language_models.base import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import ensure_config
from pydantic import (
    ConfigDict,
    Field,
    SecretStr,
    SkipValidation,
    ValidationError,
)
from typing_extensions import override

from tokenomics_langchain.backend import LangChainBackend
from tokenomics_langchain.binding import AnswerSchema, Schema, Tool, ToolList
from tokenomics_langchain.codec import MessageCodec
from tokenomics_langchain.confidence import ConfidentBackend
from tokenomics_langchain.convert import (
    answer_of,
    last_chunk,
    to_result,
)
from tokenomics_langchain.crew import TIERS, Crew
from tokenomics_langchain.decisions import tell
from tokenomics_langchain.description import Description
from tokenomics_langchain.doors import Doors
from tokenomics_langchain.foreign import beyond
from tokenomics_langchain.listeners import needs_no_run, with_id, without_run
from tokenomics_langchain.models import ChatModelLike, resolve
from tokenomics_langchain.requests import to_prompt
from tokenomics_langchain.tracing import RUN, LegRuns, Nested, fix_run, wants_run
from tokenomics_langchain.wishes import take_wishes, with_wishes
from tokenomics_shared.crew import take_pin
from tokenomics_shared.drivers import Done
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.ports import Backend
from tokenomics_shared.settings import judging_models, read_settings
from tokenomics_shared.types import Prompt, Roster, Strategy

if TYPE_CHECKING:
    from tokenomics_shared.config import TokenomicsConfig
    from tokenomics_shared.engine import Engine
else:
    # The fields are not validated; what makes them is loaded when the first model is made.
    TokenomicsConfig = Engine = Any

_CODEC = MessageCodec()
_CREW = "_crew_and_models"

Given = Annotated[Any, SkipValidation]


class ChatTokenomics(Doors, Description, BaseChatModel):
    """A chat model made of others: it answers from memory, by a cheap one, or by a better one.

    ```python
    llm = ChatTokenomics(cheap="openai:gpt-4o-mini", premium="openai:gpt-4o")
    chain = prompt | llm | parser
    print(llm.engine.report())
    ```

    Every answer says what happened in `response_metadata["tokenomics"]`; `usage_metadata` is the
    answering call's, and zero on an answer from memory.

    Attributes:
        cheap, balanced, premium: chat models, or strings such as `"openai:gpt-4o-mini"` and
            `"openai:NAME@http://host:8000/v1"`. Savings are measured against premium.
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
        nested: `"trace"` shows each tier's call as a child run to tracers.
        engine: shared with other models when given; made from the configuration otherwise.
        temperature, max_tokens, stop: sent with every call that sets none.
        timeout, max_retries, api_key: for models made from strings.
        streaming: stream inside `invoke`.

    Raises:
        ConfigError: a setting is unknown or impossible; it is named.
        StoreError: a file is foreign, newer or unreadable; it is left as it is.
    """

    cheap: Annotated[ChatModelLike | None, SkipValidation] = None
    balanced: Annotated[ChatModelLike | None, SkipValidation] = None
    premium: Annotated[ChatModelLike | None, SkipValidation] = None
    strategies: Annotated[Sequence[Strategy] | None, SkipValidation] = None
    config: Annotated[TokenomicsConfig | Mapping[str, Any] | str | Path | None, SkipValidation] = (
        None
    )
    llm: Given = None
    memory: Given = None
    orchestrator: Given = None
    compression: Given = None
    prediction: Given = None
    bandit: Given = None
    judge: Given = None
    cascading: Given = None
    audit: Given = None
    telemetry: Given = None
    prices: Given = None
    quality_target: Given = None
    aim: Given = None
    token_budget: Given = None
    history: Given = None
    state_dir: str | Path | None = None
    nested: Nested = "none"
    engine: Annotated[Engine, SkipValidation] = Field(
        default=None,  # type: ignore[assignment]  # made from the configuration
        exclude=True,
        repr=False,
    )
    temperature: float | None = None
    max_tokens: int | None = None
    stop: list[str] | None = None
    timeout: float | None = None
    max_retries: int | None = None
    api_key: SecretStr | None = None
    # None, not False: LangChain takes an explicit False for a wish never to stream.
    streaming: bool | None = None

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    if not TYPE_CHECKING:  # type checkers know the fields

        def __init__(self, **settings: Any) -> None:
            values = read_settings(settings, resolve)
            try:
                super().__init__(**values)
            except ValidationError as error:
                from tokenomics_shared.config_errors import in_words

                raise ConfigError(in_words(error)) from None
            from tokenomics_shared.bandit.arms import warn_of_order

            # Looked at now, so that what is wrong with the models is said now.
            books = self.engine.parts.books
            roster = self._crew.roster()
            self.engine.roster = self.engine.roster or roster
            with books.faults.shield("prices"):
                warn_of_order(roster, books.cost)

    @property
    def roster(self) -> Roster:
        """The models that may answer, as the engine knows them."""
        return self._crew.roster()

    @property
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

    @override
    def bind_tools(
        self, tools: Sequence[Tool], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools; each tier gets them as its own `bind_tools` makes them."""
        if tool_choice is not None:
            kwargs["tool_choice"] = tool_choice
        return self.bind(tools=ToolList(tools, tuple(kwargs)), **kwargs)

    @override
    def with_structured_output(
        self, schema: Schema | None = None, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """Ask for answers of this schema, in each tier's own way.

        Args:
            schema: a pydantic class, a TypedDict, a JSON schema or an OpenAI function schema;
                None for JSON of any kind, where premium can be asked for it.
            include_raw: give `raw`, `parsed` and `parsing_error` instead of the parsed answer.
            **kwargs: `method`, `strict` and whatever else the tiers' own
                `with_structured_output` takes.
        """
        asked = AnswerSchema(schema, kwargs)
        parser = asked.parser(self._crew.models())
        shown = {"kwargs": kwargs or {"method": "default"}, "schema": schema}
        bound = self.bind(answer_schema=asked, ls_structured_output_format=shown)
        return asked.chain(bound, parser, include_raw=include_raw)

    @override
    def invoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Answer; LangChain's record of a run is kept only for those who listen."""
        config = ensure_config(config)
        kwargs = with_wishes(config, kwargs)
        if not needs_no_run(self, config):
            return super().invoke(input, config, stop=stop, **kwargs)
        messages = _normalize_messages(self._convert_input(input).to_messages())
        result = self._generate(messages, stop, **without_run(kwargs))
        return with_id(answer_of(result), config)

    @override
    async def ainvoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Answer without blocking the event loop."""
        config = ensure_config(config)
        kwargs = with_wishes(config, kwargs)
        if not needs_no_run(self, config):
            return await super().ainvoke(input, config, stop=stop, **kwargs)
        messages = _normalize_messages(self._convert_input(input).to_messages())
        result = await self._agenerate(messages, stop, **without_run(kwargs))
        return with_id(answer_of(result), config)

    @override
    def _generate_with_cache(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        # Where it streams for a listener, LangChain does not hand the run on.
        kwargs[RUN] = run_manager
        return super()._generate_with_cache(messages, stop, run_manager, **kwargs)

    @override
    async def _agenerate_with_cache(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        kwargs[RUN] = run_manager
        return await super()._agenerate_with_cache(messages, stop, run_manager, **kwargs)

    @override
    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        kwargs.pop(RUN, None)
        return super()._get_llm_string(stop, **kwargs)

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        outcome = self.engine.run(*self._request(messages, stop, run_manager, kwargs))
        tell(run_manager, outcome)
        return to_result(outcome)

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        outcome = await self.engine.arun(*self._request(messages, stop, run_manager, kwargs))
        tell(run_manager, outcome)
        return to_result(outcome)

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        request = self._request(messages, stop, run_manager, kwargs, paced=True)
        run = kwargs.get(RUN) or run_manager
        with closing(self.engine.stream(*request)) as chunks:
            for chunk in chunks:
                yield _ended(chunk, run) if isinstance(chunk, Done) else chunk

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        request = self._request(messages, stop, run_manager, kwargs, paced=True)
        run = kwargs.get(RUN) or run_manager
        async with aclosing(self.engine.astream(*request)) as chunks:
            async for chunk in chunks:
                yield _ended(chunk, run) if isinstance(chunk, Done) else chunk

    @override
    def stream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[AIMessageChunk]:
        """Stream an answer."""
        config = ensure_config(config)
        kwargs = with_wishes(config, kwargs)
        if wants_run(self, config, self.nested):
            config, kwargs = fix_run(config, kwargs, self)
        return super().stream(input, config, stop=stop, **kwargs)

    @override
    def astream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AIMessageChunk]:
        """Stream an answer without blocking the event loop."""
        config = ensure_config(config)
        kwargs = with_wishes(config, kwargs)
        if wants_run(self, config, self.nested):
            config, kwargs = fix_run(config, kwargs, self)
        # Not a generator of its own: one more to close, one step later than a plain model's.
        return super().astream(input, config, stop=stop, **kwargs)

    def _request(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: Any,
        given: Mapping[str, Any],
        *,
        paced: bool = False,
    ) -> tuple[Prompt, Roster, MessageCodec, Backend]:
        """What the engine needs to answer a call."""
        kwargs = dict(given)
        run = kwargs.pop(RUN, None) or run_manager
        wishes = take_wishes(kwargs)
        if stop is None:
            stop = self.stop or None
        for name in ("temperature", "max_tokens"):
            default = getattr(self, name)
            if default is not None:
                kwargs.setdefault(name, default)
        crew = self._crew
        roster = crew.roster()
        forms = crew.forms(roster)
        pin = take_pin(kwargs, crew)
        runs = LegRuns(run, self.nested)
        plain = LangChainBackend(crew.tiers, messages, stop, kwargs, runs, forms=forms)
        backend: Backend = plain
        if "confidence" in self.engine.config.judge.judges:
            backend = ConfidentBackend(plain, crew.drafting, crew.declined)
        prompt = to_prompt(messages, stop, kwargs, pin, paced=paced)
        if unable := beyond(forms, messages, kwargs):
            prompt = replace(prompt, beyond=unable)
        if wishes is not None:
            prompt = wishes.put_on(prompt)
        return prompt, roster, _CODEC, backend


def _ended(done: Done, run: Any) -> ChatGenerationChunk:
    tell(run, done.result)
    return last_chunk(done.result)


# LangChain asks for these signatures at every call and reads but the names. Prepared, they cost
# a call a sixth less.
for _method in (ChatTokenomics._generate, ChatTokenomics._agenerate):
    setattr(_method, "__signature__", inspect.signature(_method))  # noqa: B010 -- typed as fixed
