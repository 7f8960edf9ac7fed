"""What was retrieved for the answers that are being put together.

A template is filled with the texts of all nodes run together, and nobody can tell from those where
a node ends. LlamaIndex's instrumentation tells which nodes a response is made from.
"""

from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar, Token
from hashlib import blake2b
from inspect import BoundArguments
from threading import Lock
from typing import Any

from llama_index.core.response_synthesizers import BaseSynthesizer
from llama_index.core.schema import MetadataMode
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.span_handlers import NullSpanHandler
from typing_extensions import override

JOINED_BY = ("\n\n", "\n")
"""How LlamaIndex runs the texts of nodes together."""

MAX_KEPT = 1_000
"""Retrievals that are known; the oldest is forgotten, and then the order of its nodes counts."""

_lock = Lock()
_known: OrderedDict[str, tuple[str, ...]] = OrderedDict()
_current: ContextVar[frozenset[str] | None] = ContextVar("tokenomics_retrieval", default=None)
_open: dict[str, Token[frozenset[str] | None]] = {}


def digest(text: str) -> str:
    """A text in a few letters."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def remember(texts: Iterable[str]) -> frozenset[str]:
    """Take in the texts of the nodes that a response is made from.

    Returns:
        The digests of all of them run together, one for each way to do that.
    """
    shown = [text.strip() for text in texts if text.strip()]
    nodes = tuple(sorted(map(digest, shown)))
    wholes = frozenset(digest(joint.join(shown)) for joint in JOINED_BY)
    with _lock:
        for whole in wholes if shown else ():
            _known[whole] = nodes
            _known.move_to_end(whole)
        while len(_known) > MAX_KEPT * len(JOINED_BY):
            _known.popitem(last=False)
    return wholes


def nodes_of(text: str) -> tuple[str, ...] | None:
    """The digests of all the nodes that were run together to this text, in no order of theirs.

    Returns:
        None when the text isn't the whole of a retrieval, as far as is known.
    """
    return _known.get(digest(text.strip()))


def is_whole(text: str) -> bool:
    """Whether the text is all that was retrieved for the response being put together.

    A stream is begun when its response has long been handed out; there any retrieval counts.
    """
    whole = digest(text.strip())
    current = _current.get()
    return whole in (_known if current is None else current)


class _Listener(NullSpanHandler):
    """Takes in the nodes of every response that begins to be put together."""

    @override
    def span_enter(
        self, id_: str, bound_args: BoundArguments, instance: Any | None = None, *_: Any, **__: Any
    ) -> None:
        nodes = bound_args.arguments.get("nodes")
        if isinstance(instance, BaseSynthesizer) and nodes is not None:
            found = (it.node.get_content(metadata_mode=MetadataMode.LLM) for it in nodes)
            _open[id_] = _current.set(remember(found))

    @override
    def span_exit(self, id_: str, *_: Any, **__: Any) -> None:
        _end(id_)

    @override
    def span_drop(self, id_: str, *_: Any, **__: Any) -> None:
        _end(id_)


def _end(span: str) -> None:
    token = _open.pop(span, None)
    if token is not None:
        # Of another context there is nothing to put back.
        with suppress(ValueError):
            _current.reset(token)


_listener = _Listener()


def listen() -> None:
    """Take in what is retrieved from now on; once is enough."""
    dispatcher = get_dispatcher(BaseSynthesizer.__module__)
    with _lock:
        if _listener not in dispatcher.span_handlers:
            dispatcher.add_span_handler(_listener)
