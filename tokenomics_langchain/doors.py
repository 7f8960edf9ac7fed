"""What `ChatTokenomics` can do beyond what chat models of LangChain do."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_core.language_models._utils import _normalize_messages
from langchain_core.language_models.base import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config, merge_configs

from tokenomics_langchain.wishes import OURS, with_wishes
from tokenomics_shared.drivers import arun, run
from tokenomics_shared.errors import PromptError
from tokenomics_shared.types import QueryPlan

if TYPE_CHECKING:
    from tokenomics_shared.baseline import BaselineComparison, Beside
    from tokenomics_shared.prediction.refit import LengthsRefit
else:
    # Whoever asks for annotations finds them resolvable; the classes come with the engine.
    BaselineComparison = Beside = LengthsRefit = Any


class Doors:
    """Doors to the engine for a chat model of LangChain."""

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
            `response`, the answer's text, and what answers say in
            `response_metadata["tokenomics"]`.

        Raises:
            PromptError: the question or a setting is impossible.
        """
        asked = _asked(text, system_prompt)
        wishes = _wishes(token_budget, use_compression=use_compression, use_cache=use_cache)
        return _told(self.invoke(asked, wishes, **_pin(use_bandit=use_bandit)))

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
        asked = _asked(text, system_prompt)
        wishes = _wishes(token_budget, use_compression=use_compression, use_cache=use_cache)
        return _told(await self.ainvoke(asked, wishes, **_pin(use_bandit=use_bandit)))

    def plan(
        self: Any,
        text_or_messages: LanguageModelInput,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> QueryPlan:
        """Say how a request would be sent and how its token budget is divided, and ask nobody.

        Args:
            text_or_messages: the question, or the conversation.
            config: says the wishes of the call, such as its `token_budget`.
            **kwargs: what would go with the call, tools for one.
        """
        messages = _normalize_messages(self._convert_input(text_or_messages).to_messages())
        wishes = with_wishes(ensure_config(config), kwargs)
        prompt, roster, _, _ = self._request(messages, None, None, wishes)
        plan: QueryPlan = self.engine.plan(prompt, roster)
        return plan

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

    def compare_with_baseline(
        self: Any,
        text_or_messages: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        use_cache: bool = False,
    ) -> BaselineComparison:
        """Answer as always, ask premium besides, and say whose answer is better.

        `judge.model` compares the answers, twice and in either order; premium itself when none is
        set, which may favour its own. The answer is a request like any other; premium's answer and
        the judge's calls are charged as an audit. The caller's callbacks hear of none of it.

        Args:
            text_or_messages: the question, or the conversation.
            config: says the wishes of the call, such as its tenant.
            use_cache: memory may answer, and keeps what is answered.

        Raises:
            Exception: what a provider raised when no answer came.
        """
        request = _compared(self, text_or_messages, config, use_cache=use_cache)
        return _comparison(run(self.engine.beside(*request), request[-1]))

    async def acompare_with_baseline(
        self: Any,
        text_or_messages: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        use_cache: bool = False,
    ) -> BaselineComparison:
        """As `compare_with_baseline`, without blocking the event loop."""
        request = _compared(self, text_or_messages, config, use_cache=use_cache)
        return _comparison(await arun(self.engine.beside(*request), request[-1]))


def _compared(
    model: Any, given: LanguageModelInput, config: RunnableConfig | None, *, use_cache: bool
) -> tuple[Any, ...]:
    messages = _normalize_messages(model._convert_input(given).to_messages())
    wishes = with_wishes(ensure_config(config), {})
    prompt, roster, codec, backend = model._request(messages, None, None, wishes)
    if not use_cache:
        prompt = replace(prompt, no_cache=True, no_store=True)
    return prompt, roster, codec, backend


def _comparison(beside: Beside) -> BaselineComparison:
    # Loaded with the engine, which importing this package need not load.
    from tokenomics_langchain.comparing import to_comparison

    return to_comparison(beside)


def _asked(text: str, system_prompt: str | None) -> list[BaseMessage]:
    for name, given in (("text", text), ("system_prompt", system_prompt or "")):
        if not isinstance(given, str):
            raise PromptError(f"{name} = {given!r}: must be a text")
    system = [SystemMessage(system_prompt)] if system_prompt else []
    return [*system, HumanMessage(text)]


def _wishes(
    token_budget: int | None, *, use_compression: bool | None, use_cache: bool
) -> RunnableConfig:
    named = {"token_budget": token_budget, "compress": use_compression}
    wishes: dict[str, Any] = {name: it for name, it in named.items() if it is not None}
    if not use_cache:
        wishes |= {"no_cache": True, "no_store": True}
    return merge_configs({"configurable": {OURS: wishes}})


def _pin(*, use_bandit: bool) -> dict[str, Any]:
    return {} if use_bandit else {"model": "premium"}


def _told(message: AIMessage) -> dict[str, Any]:
    told = message.response_metadata.get(OURS, {})
    return {"response": str(message.text), **told}
