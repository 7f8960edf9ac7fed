"""Streamed content in the version that a tier is told to give it in."""

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.language_models._utils import _update_message_content_to_blocks
from langchain_core.messages import BaseMessageChunk


class Content:
    """The content of one stream's chunks, converted as `BaseChatModel.stream` does it.

    A tier's `_stream` is called below that, where nothing has been converted yet.
    """

    def __init__(self, model: BaseChatModel) -> None:
        """Begin a stream of this model's."""
        self._in_blocks = model.output_version == "v1"
        self._index = -1
        self._kind = ""

    def of(self, message: BaseMessageChunk) -> BaseMessageChunk:
        """The chunk as it is, or with standard blocks, numbered through the stream."""
        if not self._in_blocks:
            return message
        converted = _update_message_content_to_blocks(message, "v1")
        blocks: Any = converted.content
        for block in blocks:
            if block["type"] != self._kind:
                self._kind = block["type"]
                self._index += 1
            block.setdefault("index", self._index)
        return converted
