"""Whatever a user has that embeds texts, as an embedder."""

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from tokenomics_shared.adapters.minilm_files import MANIFEST, MODEL, REPOSITORY, find_weights
from tokenomics_shared.errors import ConfigError, EmbedderError, MissingExtra

if TYPE_CHECKING:
    from tokenomics_shared.ports import Embedder

WINDOW = 256
"""Tokens that an embedder is taken to read when it doesn't say; no common one reads fewer."""

BYTES_PER_TOKEN = 2
"""Prose has four to five; numbers, codes and other alphabets come down to this."""

_MODEL_FIELDS = ("model", "model_name", "model_id", "deployment", "dimensions")
"""What embedders call the model they ask. Nothing else of theirs is looked at for a name."""

_WINDOW_FIELDS = ("max_tokens", "max_seq_length", "max_length", "embedding_ctx_length")

EmbedFunction = Callable[..., Any]
"""`text -> vector` or `texts -> vectors`; which of the two is found out by asking."""


@runtime_checkable
class LangChainEmbeddings(Protocol):
    """The shape of LangChain's `Embeddings`."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed texts."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """Embed a text that is searched with."""
        ...


@runtime_checkable
class LlamaIndexEmbedding(Protocol):
    """The shape of LlamaIndex's `BaseEmbedding`."""

    def get_text_embedding(self, text: str) -> list[float]:
        """Embed a text."""
        ...

    def get_text_embedding_batch(self, texts: list[str]) -> list[list[float]]:
        """Embed texts."""
        ...


@runtime_checkable
class _Ours(Protocol):
    """The methods of our port; its properties may take long to answer."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]: ...
    def reads(self, text: str) -> bool: ...


def embedder_of(given: Any = None, *, name: str | None = None) -> "Embedder":
    """Make an embedder of what a user has.

    Args:
        given: None for MiniLM, an embedder, LangChain `Embeddings`, a LlamaIndex `BaseEmbedding`,
            a function of a text or of a list of texts, the name of a sentence-transformers model,
            or the folder of a prepared one.
        name: tells its vectors from those of others; change it when they change. By default the
            class's and the model's name, so two functions of one name need one each.

    Raises:
        ConfigError: it is none of these, or the model is not on this host.
        MissingExtra: what runs it is not installed.
    """
    if given is None or given in (MODEL, REPOSITORY):
        return _default()
    if isinstance(given, str | os.PathLike):
        return _named(os.fspath(given))
    if isinstance(given, _Ours):
        return cast("Embedder", given)
    return Foreign(_embedding(given), given, name)


def _embedding(given: object) -> EmbedFunction:
    """What of it embeds a list of texts."""
    if isinstance(given, LangChainEmbeddings):
        # Queries are searched among documents; here questions are compared with questions.
        return given.embed_documents
    if isinstance(given, LlamaIndexEmbedding):
        return given.get_text_embedding_batch
    if callable(given):
        return _Function(given)
    raise ConfigError(f"{type(given).__name__} is not an embedder, nor anything to make one of")


def _default() -> "Embedder":
    """MiniLM by onnxruntime, or by sentence-transformers where only that is installed."""
    try:
        from tokenomics_shared.adapters.onnx_minilm import OnnxMiniLM
    except ImportError as error:
        heavy = _installed_minilm()
        if heavy is None:
            raise MissingExtra(f"embedding texts with {MODEL}", "embeddings,offline") from error
        return heavy
    try:
        return OnnxMiniLM.find()
    except ConfigError:
        heavy = _installed_minilm()
        if heavy is None:
            raise
        return heavy


def _installed_minilm() -> "Embedder | None":
    from importlib.util import find_spec

    from tokenomics_shared.adapters.sentence_transformers import SentenceTransformers

    at_hand = find_spec("sentence_transformers") is not None and find_weights() is not None
    return SentenceTransformers() if at_hand else None


def _named(model: str) -> "Embedder":
    from tokenomics_shared.adapters.sentence_transformers import SentenceTransformers

    if (Path(model) / MANIFEST).is_file():
        from tokenomics_shared.adapters.onnx_minilm import OnnxMiniLM

        return OnnxMiniLM.find(Path(model))
    return SentenceTransformers.find(model)


class Foreign:
    """Somebody else's embedder behind our port: unit vectors, a name, a window.

    It may wait for a network; see `Patient`.
    """

    local = False

    def __init__(
        self, embed: Callable[[list[str]], Any], owner: object, name: str | None = None
    ) -> None:
        """Wrap an embedder.

        Args:
            embed: gives a vector for each text.
            owner: what says its model and its window.
            name: by default the owner's class and model.
        """
        self.name = name or _name(owner)
        self._embed = embed
        self._window = _field(owner, _WINDOW_FIELDS, int) or WINDOW

    @override
    def __repr__(self) -> str:
        return f"Foreign({self.name!r})"

    @cached_property
    def dimensions(self) -> int:
        """Numbers in a vector; asks for one to find out."""
        return int(self._vectors(["dimensions"]).shape[1])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, a row a text.

        Raises:
            EmbedderError: what it gave can't be compared.
        """
        return self._vectors(list(texts)) if texts else np.empty((0, self.dimensions), np.float32)

    def reads(self, text: str) -> bool:
        """Whether the text surely fits the window it states, or the least that is common."""
        return len(text.encode("utf-8", "replace")) <= BYTES_PER_TOKEN * self._window

    def _vectors(self, texts: list[str]) -> NDArray[np.float32]:
        try:
            vectors = np.asarray(self._embed(texts), np.float32)
        except (TypeError, ValueError) as error:
            raise EmbedderError(f"{self.name} gave no vectors: {error}") from error
        if vectors.ndim != 2 or len(vectors) != len(texts):  # noqa: PLR2004 -- rows and columns
            raise EmbedderError(f"{self.name} gave {vectors.shape} numbers for {len(texts)} texts")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise EmbedderError(f"{self.name} gave a vector that is zero or not finite")
        unit: NDArray[np.float32] = vectors / lengths
        return unit


class _Function:
    """A user's function, of a text or of texts."""

    def __init__(self, function: EmbedFunction) -> None:
        self._function = function
        self._lock = Lock()
        self._takes_list: bool | None = None

    def __call__(self, texts: list[str]) -> Any:
        with self._lock:
            if self._takes_list is None:
                self._takes_list = self._try(texts[0])
        if self._takes_list:
            return self._function(texts)
        return [self._function(text) for text in texts]

    def _try(self, text: str) -> bool:
        """Whether it gives one vector for a list of one text."""
        try:
            return np.ndim(self._function([text])) == 2  # noqa: PLR2004 -- rows and columns
        except (TypeError, ValueError, AttributeError):
            return False


def _name(owner: object) -> str:
    """Class and model, or a function's own name; never anything that may be secret."""
    fields = [
        f"{field}={_plain(value)}"
        for field in _MODEL_FIELDS
        if isinstance(value := getattr(owner, field, None), str | int)
    ]
    kind = owner if isinstance(owner, FunctionType | MethodType) else type(owner)
    if isinstance(kind, FunctionType) and "<" in kind.__qualname__:
        # Lambdas of one module share a name.
        fields.append(f"line={kind.__code__.co_firstlineno}")
    return "/".join([f"{kind.__module__}.{kind.__qualname__}", *fields])


def _plain(value: str | int) -> str:
    """A model's name as it is, an address by its digest: addresses may hold keys."""
    text = str(value)
    return text if "://" not in text else blake2b(text.encode(), digest_size=6).hexdigest()


def _field(owner: object, names: Sequence[str], kind: type[int]) -> int | None:
    found = (getattr(owner, name, None) for name in names)
    return next((value for value in found if isinstance(value, kind) and value > 0), None)
