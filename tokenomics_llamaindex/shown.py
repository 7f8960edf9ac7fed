"""Nodes that hold more than they show to models."""

import functools
from typing import Any

from llama_index.core.schema import BaseNode, MetadataMode
from pydantic import PrivateAttr
from typing_extensions import override

_SHOWN = "_tokenomics_shown"


class Shortened:
    """What stands in front of a node's class: models are shown another node's text."""

    @property
    def shown(self) -> BaseNode:
        """What models are shown."""
        node: BaseNode = getattr(self, _SHOWN)
        return node

    @override
    def __eq__(self: Any, other: object) -> bool:
        return bool(_plain(self) == (_plain(other) if isinstance(other, Shortened) else other))

    __hash__ = None  # type: ignore[assignment]  # as nodes have none

    @override
    def __reduce_ex__(self: Any, _: Any) -> tuple[Any, ...]:
        """Kept and sent as the node that it is: nobody else knows of its class."""
        return _same, (_plain(self),)

    def get_content(self: Any, metadata_mode: MetadataMode = MetadataMode.NONE) -> str:
        """The text, for models the shorter one."""
        return str(_read(self, metadata_mode).get_content(metadata_mode=metadata_mode))

    def get_content_blocks(self: Any, metadata_mode: MetadataMode = MetadataMode.NONE) -> Any:
        """The same in blocks."""
        return _read(self, metadata_mode).get_content_blocks(metadata_mode=metadata_mode)


def showing(node: BaseNode, copy: BaseNode) -> BaseNode:
    """A node as it is, of which models are shown a copy with another text.

    Args:
        node: the node; it is not changed.
        copy: what models are shown.
    """
    new = node.model_copy()
    if not isinstance(node, Shortened):
        new.__class__ = _kind(type(node))
    private = {**(node.__pydantic_private__ or {}), _SHOWN: copy}
    object.__setattr__(new, "__pydantic_private__", private)
    return new


def as_shown(node: BaseNode) -> BaseNode:
    """The node that models are shown."""
    return node.shown if isinstance(node, Shortened) else node


@functools.cache
def _kind(kind: type[BaseNode]) -> Any:
    """A node's class with `Shortened` in front, by the same name."""
    told = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    fields = {_SHOWN: PrivateAttr(default=None), "__annotations__": {_SHOWN: Any}}
    meta: Any = type(kind)
    return meta(kind.__name__, (Shortened, kind), {**told, **fields})


def _plain(node: Any) -> Any:
    """The node as it was before anything of it was shortened."""
    was = node.model_copy()
    was.__class__ = type(node).__mro__[2]
    private = {name: it for name, it in node.__pydantic_private__.items() if name != _SHOWN}
    object.__setattr__(was, "__pydantic_private__", private or None)
    return was


def _read(node: Any, mode: MetadataMode) -> BaseNode:
    read: BaseNode = node.shown if mode == MetadataMode.LLM else _plain(node)
    return read


def _same(node: BaseNode) -> BaseNode:
    return node
