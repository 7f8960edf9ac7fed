"""What `ChatTokenomics` can do beyond what chat models of LangChain do."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_core.language_models._utils import _normalize_messages
from langchain_core.language_models.base import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config, merge_configs

from tokenomics_langchain.wishes import OURS, with_wishes
from tokenomics_shared import doors
from tokenomics_shared.doors import Asked
from tokenomics_shared.drivers import arun, run
from tokenomics_shared.types import QueryPlan

if TYPE_CHECKING:
    from tokenomics_shared.baseline import BaselineComparison, Beside
else:
    # Whoever asks for annotations finds them resolvable; the classes come with the engine.
    BaselineComparison = Beside = Any


class Doors(doors.Doors):
    """Doors to the engine for a chat model of LangChain."""

    def _queried(self: Any, asked: Asked) -> dict[str, Any]:
        return _told(self.invoke(_messages(asked), _config(asked), **_pin(asked)))

    async def _aqueried(self: Any, asked: Asked) -> dict[str, Any]:
        return _told(await self.ainvoke(_messages(asked), _config(asked), **_pin(asked)))

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


def _messages(asked: Asked) -> list[BaseMessage]:
    system = [SystemMessage(asked.system_prompt)] if asked.system_prompt else []
    return [*system, HumanMessage(asked.text)]


def _config(asked: Asked) -> RunnableConfig:
    return merge_configs({"configurable": {OURS: dict(asked.wishes)}})


def _pin(asked: Asked) -> dict[str, Any]:
    return {} if asked.pin is None else {"model": asked.pin}


def _told(message: AIMessage) -> dict[str, Any]:
    told = message.response_metadata.get(OURS, {})
    return {"response": str(message.text), **told}
