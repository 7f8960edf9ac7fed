"""`TokenomicsCache`: the same memory for any LangChain model, by `set_llm_cache`."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.caches import RETURN_VAL_TYPE, BaseCache
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult, Generation
from typing_extensions import override

from tokenomics_langchain.convert import to_reply
from tokenomics_shared.memory import objection
from tokenomics_shared.recollection import Memory
from tokenomics_shared.types import Memo, Message, Prompt, Recall, Reply, ToolCall

_NO_STABLE_TEXT = re.compile(r"<class '|<function | at 0x[0-9a-f]+>")
"""What stands in a model's text for an object that the text doesn't tell from another."""

_ROLES = {"AIMessageChunk": "ai", "HumanMessageChunk": "human"}


class TokenomicsCache(BaseCache):
    """Answers any LangChain model's calls from memory, by the same question and by meaning.

    ```python
    set_llm_cache(TokenomicsCache("answers.db", max_false_hit_rate=0.02))
    ```

    LangChain asks its cache on `invoke`, `batch` and their async forms, never on `stream`. There
    is no model here to audit with: a sample of the hits is withheld, and the answer that the
    model gives instead is compared. What the semantic cache reads is the last human text;
    everything else of the call, the model's settings included, must be the same.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        memory: Memory | None = None,
        **settings: Any,
    ) -> None:
        """Make a cache.

        Args:
            path: file that keeps answers beyond the process.
            memory: shared with others; made from the settings when None.
            **settings: those of `MemoryConfig`, and `embeddings` for `embedder`.

        Raises:
            ConfigError: a setting is unknown or impossible.
            StoreError: the file is foreign, newer or unreadable.
        """
        if "embeddings" in settings:
            settings["embedder"] = settings.pop("embeddings")
        self.memory = memory or Memory(path, **settings)

    @override
    def lookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """The generations kept for this prompt and model, or for one that means the same."""
        asked = _read(prompt, llm_string)
        return None if asked is None else self._given(self.memory.find(asked))

    @override
    async def alookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """As `lookup`, without blocking the event loop."""
        asked = _read(prompt, llm_string)
        return None if asked is None else self._given(await self.memory.afind(asked))

    @override
    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """Keep generations, unless they are cut short, refused, empty or call tools."""
        asked = _read(prompt, llm_string)
        payload = _frozen(return_val)
        replies = [_reply(generation) for generation in return_val]
        if asked is None or payload is None or not replies or None in replies:
            return
        # Answers of several samples are kept when all of them may be; the first is compared.
        worst = next((r for r in replies if r and objection(asked, r)), replies[0])
        if worst is not None:
            self.memory.take_in_reply(asked, worst, payload, _text)

    @override
    async def aupdate(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """As `update`, which never blocks: writing and comparing happen in the background."""
        self.update(prompt, llm_string, return_val)

    @override
    def clear(self, **kwargs: Any) -> None:
        """Forget everything."""
        self.memory.clear()

    @override
    async def aclear(self, **kwargs: Any) -> None:
        """As `clear`, without blocking the event loop."""
        await self.memory.aclear()

    def _given(self, recall: Recall) -> RETURN_VAL_TYPE | None:
        """What was found; a row that can't be read is a miss, and counted."""
        if recall.memo is None:
            return None
        with self.memory.faults.shield("memory"):
            return _thawed(recall.memo)
        return None


def _read(prompt: str, llm_string: str) -> Prompt | None:
    """A call as memory reads it; None when it has no stable text.

    LangChain hands over messages as its own JSON. It is read as the plain mappings it is: nothing
    is constructed by a name in it.
    """
    if _NO_STABLE_TEXT.search(llm_string):
        return None
    try:
        turns = json.loads(prompt)
    except ValueError:
        turns = None
    params = {"llm": llm_string}
    if not _are_messages(turns):
        return Prompt((Message("human", prompt),), params=params)
    return Prompt(tuple(map(_turn, turns)), params=params)


def _are_messages(turns: Any) -> bool:
    return (
        isinstance(turns, list)
        and bool(turns)
        and all(isinstance(turn, dict) and isinstance(turn.get("kwargs"), dict) for turn in turns)
        and all("content" in turn["kwargs"] for turn in turns)
    )


def _turn(turn: Mapping[str, Any]) -> Message:
    fields = dict(turn["kwargs"])
    content = fields.pop("content")
    role = str(fields.pop("type", ""))
    calls = tuple(
        ToolCall(str(call.get("name")), json.dumps(call.get("args")), str(call.get("id") or ""))
        for call in fields.pop("tool_calls", None) or ()
    )
    fields.pop("id", None)
    extra = {name: value for name, value in fields.items() if value}
    return Message(_ROLES.get(role, role), content, calls, extra)


def _reply(generation: Generation) -> Reply | None:
    """A generation as the engine reads it; None when it is no model's message."""
    if not isinstance(generation, ChatGeneration):
        return Reply(generation.text)
    if not isinstance(generation.message, AIMessage):
        return None
    return to_reply(ChatResult(generations=[generation]))


def _frozen(generations: Sequence[Generation]) -> str | None:
    """Generations as JSON of plain fields; None when JSON can't hold them."""
    kept = []
    for generation in generations:
        fields: dict[str, Any] = {"info": generation.generation_info}
        if isinstance(generation, ChatGeneration):
            fields["message"] = generation.message.model_dump(exclude={"id", "type"})
        else:
            fields["text"] = generation.text
        kept.append(fields)
    try:
        return json.dumps(kept, ensure_ascii=False)
    except (TypeError, ValueError):
        return None


def _thawed(memo: Memo) -> list[Generation]:
    """Fresh generations: nothing in them is shared, no message has an id that was seen before.

    Only the two classes named here are made, whatever the stored text says.
    """
    generations: list[Generation] = []
    for fields in json.loads(memo.payload):
        info = fields["info"]
        if "message" in fields:
            message = AIMessage.model_validate(fields["message"])
            generations.append(ChatGeneration(message=message, generation_info=info))
        else:
            generations.append(Generation(text=fields["text"], generation_info=info))
    return generations


def _text(memo: Memo) -> str:
    """The text of a kept answer."""
    first = _thawed(memo)[0]
    return first.message.text if isinstance(first, ChatGeneration) else first.text
