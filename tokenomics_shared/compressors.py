"""Compressors by name, put together."""

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


def checked(given: Any) -> Compressor:
    """A user's own compressor.

    Raises:
        ConfigError: it is none.
    """
    if isinstance(given, type) or not isinstance(given, Compressor):
        kind = given.__name__ if isinstance(given, type) else type(given).__name__
        raise ConfigError(f"compressor must be a name or a Compressor, got {kind}")
    return given


def embed_by(given: Any, timeout_s: float) -> Embed:
    """What embeds sentences by what a user has; None for MiniLM in this process.

    Raises:
        ConfigError: it is no embedder, or the model is not on this host.
        MissingExtra: what runs it is not installed.
    """
    try:
        from tokenomics_shared.adapters.sentence_vectors import embed_by
    except ImportError as error:
        raise MissingExtra("embedding texts", "embeddings") from error
    return embed_by(given, timeout_s)


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
