"""Compressors by name, put together."""

import inspect
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from tokenomics_shared.adapters.counting import counter_for
from tokenomics_shared.compression import Extractive, Mixed, Structured, shape_of
from tokenomics_shared.errors import ConfigError, MissingExtra
from tokenomics_shared.planning import Compressor, Count

Embed = Callable[[Sequence[str]], Any]
"""Unit vectors of texts, a row each."""

Make = Callable[[Count, Embed | None], Compressor]
"""Makes a compressor from what counts tokens and what embeds sentences, if anything does."""

NAMES: Final = ("auto", "extractive", "llmlingua2", "structured")
"""Their names."""

_ANY_MODEL: Final = "gpt-4o"
"""Whose tokens LLMLingua-2 counts, which is loaded once whoever reads what it shortens."""


def maker_of(name: str, model: str | None = None) -> Make:
    """What makes the compressor of this name.

    Args:
        name: one of `NAMES`.
        model: the checkpoint of `llmlingua2`: a folder, or a name on the model hub.

    Raises:
        ConfigError: there is none of this name, or it takes no model.
        MissingExtra: what runs it is not installed.
    """
    if name == "llmlingua2":
        shared = _llmlingua2(model)
        return lambda _, __: shared
    if model is not None:
        raise ConfigError(
            f"the compressor {name!r} takes no model, got {model!r}; llmlingua2 does"
        )
    if name == "auto":
        return _auto
    if name == "extractive":
        return Extractive
    if name == "structured":
        return lambda count, _: Structured(count)
    raise ConfigError(f"compressor must be one of {', '.join(NAMES)}, got {name!r}")


def checked(given: Any, setting: str = "compressor") -> Compressor:
    """A user's own compressor.

    Args:
        given: it.
        setting: what it was given as.

    Raises:
        ConfigError: it is none; the message says what it lacks.
    """
    if isinstance(given, type):
        raise ConfigError(f"{setting} must be a name or a Compressor, got {given.__name__}")
    if not isinstance(given, Compressor):
        lacks = [name for name in _PARTS if not hasattr(given, name)]
        raise ConfigError(
            f"{setting} must be a name or a Compressor, got {type(given).__name__}, which has no "
            + ", ".join(lacks)
        )
    wrong = _wrong(given.compress)
    if wrong:
        raise ConfigError(
            f"{setting}: {type(given).__name__}.compress must take ({', '.join(_TAKES)}), {wrong}"
        )
    return given


_PARTS: Final = ("name", "blocking", "compress")
_TAKES: Final = ("texts", "query", "budget", "kind")


def _wrong(compress: Callable[..., Any]) -> str:
    """What is wrong with what a method takes; empty if nothing is, or nobody knows."""
    try:
        signature = inspect.signature(compress)
    except (TypeError, ValueError):
        return ""
    try:
        signature.bind(*_TAKES)
    except TypeError as error:
        return _lacking(signature) or f"but {error}"
    return ""


def _lacking(signature: inspect.Signature) -> str:
    """Which of what it is given it can't take."""
    parameters = signature.parameters.values()
    ours = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    takes = sum(parameter.kind in ours for parameter in parameters)
    lacking = _TAKES[takes:] if all(one.kind != one.VAR_POSITIONAL for one in parameters) else ()
    return f"in this order: {', '.join(lacking)} is missing" if lacking else ""


def embed_by(given: Any, timeout_s: float) -> Embed:
    """What embeds sentences by what a user has; None for MiniLM in this process.

    Raises:
        ConfigError: it is no embedder, or the model is not on this host.
        MissingExtra: what runs it is not installed.
    """
    if not _may_embed(given):
        raise ConfigError(
            f"{type(given).__name__} is not an embedder, nor anything to make one of"
        )
    try:
        from tokenomics_shared.adapters.sentence_vectors import embed_by
    except ImportError as error:
        raise MissingExtra("embedding texts", "embeddings") from error
    return embed_by(given, timeout_s)


def _may_embed(given: Any) -> bool:
    """Whether it may be an embedder, as far as that is known without what runs them."""
    by_name = given is None or isinstance(given, str | os.PathLike)
    return by_name or callable(given) or any(hasattr(given, name) for name in _EMBEDS)


_EMBEDS: Final = ("embed", "embed_documents", "get_text_embedding_batch")
"""What ours, LangChain's and LlamaIndex' embedders have."""


def _auto(count: Count, embed: Embed | None) -> Compressor:
    return Mixed(count, Extractive(count, embed), Structured(count), _is_structured)


def _is_structured(text: str) -> bool:
    return shape_of(text) is not None


def _llmlingua2(model: str | None) -> Compressor:
    count = counter_for(_ANY_MODEL).count
    folder = None if model is None else Path(model).expanduser()
    if folder is not None and (folder / "model.onnx").is_file():
        try:
            from tokenomics_shared.adapters.llmlingua2_onnx import LLMLingua2Onnx
        except ImportError as error:
            raise MissingExtra("LLMLingua-2 by ONNX", "embeddings") from error
        return LLMLingua2Onnx(folder, count=count)
    try:
        from tokenomics_shared.adapters.llmlingua2 import LLMLingua2
    except ImportError as error:
        raise MissingExtra("the compressor 'llmlingua2'", "llmlingua2") from error
    return LLMLingua2(model, count=count) if model else LLMLingua2(count=count)
