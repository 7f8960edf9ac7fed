"""What memory reads of a request that a template was filled to: its question."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from llama_index.core.llms import ChatMessage
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.prompts import BasePromptTemplate
from typing_extensions import override

from tokenomics_llamaindex.asking import Filled, FilledText, Filling, Render
from tokenomics_shared.memory import NoCache
from tokenomics_shared.types import Prompt


class Questions(FunctionCallingLLM):
    """A model whose memory reads questions where templates are filled with more.

    Attributes:
        corpus_version: of what answers are retrieved from, for calls that say none; answers never
            cross versions. Within one, an answer holds whatever nodes were retrieved.
    """

    corpus_version: str | int | None = None

    @override
    def _get_messages(self, prompt: BasePromptTemplate, **prompt_args: Any) -> list[ChatMessage]:
        return self._filled(prompt, prompt_args, super()._get_messages)

    @override
    def _get_prompt(self, prompt: BasePromptTemplate, **prompt_args: Any) -> str:
        render = super()._get_prompt

        def rendered(prompt: BasePromptTemplate, **values: Any) -> list[ChatMessage]:
            return [ChatMessage(role="user", content=render(prompt, **values))]

        text = FilledText(render(prompt, **prompt_args))
        text.filling = Filling(prompt, prompt_args, rendered)
        return text

    @staticmethod
    def _filled(prompt: BasePromptTemplate, values: Mapping[str, Any], render: Render) -> Filled:
        """The conversation that a template becomes, and what it was filled with."""
        return Filled(render(prompt, **values), Filling(prompt, values, render))

    def _as_asked(self: Any, prompt: Prompt, given: Any) -> Prompt:
        """The request as memory should read it.

        Args:
            prompt: the request.
            given: the conversation or the text as it came.
        """
        if self.corpus_version is not None and not prompt.corpus_version:
            prompt = replace(prompt, corpus_version=str(self.corpus_version))
        found = given.filling if isinstance(given, Filled | FilledText) else None
        if found is None or not self._reads_questions or prompt.cache_text is not None:
            return prompt
        with self.engine.parts.books.faults.shield("memory"):
            asked = found.asked(prompt.messages, any_nodes=bool(prompt.corpus_version))
            if asked is not None:
                return replace(prompt, cache_text=asked.question, remembered_as=asked.turns)
        return prompt

    @property
    def _reads_questions(self: Any) -> bool:
        """Whether there is a memory, and nobody else tells it what to read."""
        engine = self.engine
        off = isinstance(engine.parts.memory, NoCache)
        return not off and engine.memory.config.cache_text is None
