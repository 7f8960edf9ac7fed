"""What `TokenomicsLLM` can do beyond what models of LlamaIndex do."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from llama_index.core.llms import ChatMessage, ChatResponse

from tokenomics_llamaindex.replies import answer_of, told
from tokenomics_shared import doors
from tokenomics_shared.baseline import BaselineComparison, Beside
from tokenomics_shared.doors import Asked
from tokenomics_shared.drivers import arun, run
from tokenomics_shared.types import QueryPlan
from tokenomics_shared.wishes import OURS


class Doors(doors.Doors):
    """Doors to the engine for a model of LlamaIndex."""

    def _queried(self: Any, asked: Asked) -> dict[str, Any]:
        return _told(self.chat(_messages(asked), **_arguments(asked)))

    async def _aqueried(self: Any, asked: Asked) -> dict[str, Any]:
        return _told(await self.achat(_messages(asked), **_arguments(asked)))

    def plan(self: Any, text_or_messages: str | Sequence[ChatMessage], **kwargs: Any) -> QueryPlan:
        """Say how a request would be sent and how its token budget is divided, and ask nobody.

        Args:
            text_or_messages: the question, or the conversation.
            **kwargs: what would go with the call, wishes such as its `token_budget` included.
        """
        prompt, roster, _, _ = self._request(_conversation(text_or_messages), kwargs)
        plan: QueryPlan = self.engine.plan(prompt, roster)
        return plan

    def compare_with_baseline(
        self: Any,
        text_or_messages: str | Sequence[ChatMessage],
        *,
        use_cache: bool = False,
        **kwargs: Any,
    ) -> BaselineComparison:
        """Answer as always, ask premium besides, and say whose answer is better.

        `judge.model` compares the answers, twice and in either order; premium itself when none is
        set, which may favour its own. The answer is a request like any other; premium's answer and
        the judge's calls are charged as an audit. Callbacks hear of none of it.

        Args:
            text_or_messages: the question, or the conversation.
            use_cache: memory may answer, and keeps what is answered.
            **kwargs: what goes with the call, wishes such as its tenant included.

        Raises:
            Exception: what a provider raised when no answer came.
        """
        request = _compared(self, text_or_messages, kwargs, use_cache=use_cache)
        return _comparison(run(self.engine.beside(*request), request[-1]))

    async def acompare_with_baseline(
        self: Any,
        text_or_messages: str | Sequence[ChatMessage],
        *,
        use_cache: bool = False,
        **kwargs: Any,
    ) -> BaselineComparison:
        """As `compare_with_baseline`, without blocking the event loop."""
        request = _compared(self, text_or_messages, kwargs, use_cache=use_cache)
        return _comparison(await arun(self.engine.beside(*request), request[-1]))


def _compared(
    model: Any,
    given: str | Sequence[ChatMessage],
    kwargs: dict[str, Any],
    *,
    use_cache: bool,
) -> tuple[Any, ...]:
    prompt, roster, codec, backend = model._request(_conversation(given), kwargs)
    if not use_cache:
        prompt = replace(prompt, no_cache=True, no_store=True)
    return prompt, roster, codec, backend.aside()


def _comparison(beside: Beside) -> BaselineComparison:
    """The comparison, with both answers as responses that say what happened."""
    optimized = baseline = told(answer_of(beside.optimized), beside.optimized)
    if beside.baseline is not None:
        baseline = told(answer_of(beside.baseline), beside.baseline)
    return beside.told(optimized, baseline)


def _conversation(given: str | Sequence[ChatMessage]) -> list[ChatMessage]:
    return [ChatMessage(role="user", content=given)] if isinstance(given, str) else list(given)


def _messages(asked: Asked) -> list[ChatMessage]:
    system = [ChatMessage(role="system", content=asked.system_prompt)]
    return [*(system if asked.system_prompt else ()), *_conversation(asked.text)]


def _arguments(asked: Asked) -> dict[str, Any]:
    pin = {} if asked.pin is None else {"model": asked.pin}
    return {OURS: asked.wishes, **pin}


def _told(response: ChatResponse) -> dict[str, Any]:
    said = response.additional_kwargs.get(OURS, {})
    return {"response": response.message.content or "", **said}
