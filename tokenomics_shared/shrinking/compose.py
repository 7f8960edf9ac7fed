"""Shrinking put together as the configuration says."""

import functools
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tokenomics_shared.adapters.counting import counter_for
from tokenomics_shared.compression import Extractive, Mixed, Structured, shape_of, unaltered
from tokenomics_shared.config import CompressionConfig, OrchestratorConfig, TokenomicsConfig
from tokenomics_shared.errors import ConfigError, MissingExtra
from tokenomics_shared.orchestrator import Greedy
from tokenomics_shared.planning import Allocator, Compressor, Count, Shrinker, TokenCounter
from tokenomics_shared.shrinking.histories import CutHistory, History, WholeHistory
from tokenomics_shared.shrinking.memo import ENTRY, Memo
from tokenomics_shared.shrinking.shrinker import Kit, NoShrinking, Rules, Shrinking, Tools
from tokenomics_shared.shrinking.summaries import Summaries
from tokenomics_shared.shrinking.worth import Pricing, digest_of

_A_MODEL = "gpt-4o"
"""Whose tokens are counted by a compressor that all models share."""

_REMEMBERED = 4_096
"""Texts whose tokens are remembered."""

_SHORT = 500
"""Characters up to which they are remembered themselves."""

Embed = Callable[[Sequence[str]], Any]


def shrinker(config: TokenomicsConfig, price: Pricing) -> Shrinker:
    """What shortens requests.

    Args:
        config: the configuration.
        price: what tokens cost.

    Raises:
        MissingExtra: what is configured is not installed.
        ConfigError: what is configured can't compress, or read.
    """
    if not config.orchestrator.enabled:
        return NoShrinking()
    wanted, plan = config.compression, config.orchestrator
    on = wanted.method != "off" or wanted.compressor is not None
    rules = Rules(
        min_chars=wanted.min_chars,
        min_tokens=wanted.min_tokens,
        ratio=wanted.ratio,
        tool_ratio=wanted.tool_ratio,
        most=plan.max_context_tokens,
        on=on,
    )
    tools = Tools(kits(wanted), wanted.price / Decimal(1_000_000), _allocator(plan), price)
    return Shrinking(rules, tools, _history(plan), plan.default_token_budget)


def kits(config: CompressionConfig) -> Callable[[str], Kit]:
    """Gives what counts a model's tokens, and what compresses by them, by the model's name.

    Raises:
        MissingExtra: what is configured is not installed.
        ConfigError: what is configured can't compress, or read.
    """
    make = _maker(config)

    @functools.lru_cache(maxsize=16)
    def kit(model: str) -> Kit:
        counter = Remembered(counter_for(model))
        # An encoding is loaded now, in whichever thread may wait for that.
        counter.count("")
        return Kit(counter, make(counter.count))

    return kit


class Remembered:
    """A counter that remembers: a conversation's texts come again with every turn.

    Of long texts only digests are kept.
    """

    def __init__(self, counter: TokenCounter) -> None:
        self.exact = counter.exact
        self._count = counter.count
        self._short = functools.lru_cache(maxsize=_REMEMBERED)(counter.count)
        self._long = Memo(ENTRY * _REMEMBERED)

    def count(self, text: str) -> int:
        """The text's tokens."""
        if len(text) <= _SHORT:
            return self._short(text)
        key = digest_of(b"", text)
        known = self._long.get(key)
        return int(known or self._long.put(key, str(self._count(text))))


def _maker(config: CompressionConfig) -> Callable[[Count], Compressor]:
    own = config.compressor
    if own is not None:
        if isinstance(own, type) or not isinstance(own, Compressor):
            kind = own.__name__ if isinstance(own, type) else type(own).__name__
            raise ConfigError(f"compression.compressor must be a Compressor, got {kind}")
        return lambda _: own
    if config.method == "llmlingua2":
        model = llmlingua2(config.model)
        return lambda _: model
    if config.model is not None:
        raise ConfigError(f"compression.model is for llmlingua2, not for {config.method!r}")
    embed = _embed(config.embedder)
    if config.method == "extractive":
        return lambda count: Extractive(count, embed)
    if config.method == "structured":
        return Structured
    return lambda count: Mixed(count, Extractive(count, embed), Structured(count), _is_structured)


def llmlingua2(model: str | None) -> Compressor:
    """LLMLingua-2 over a checkpoint, or over the folder of an ONNX export of one.

    Raises:
        MissingExtra: what runs it is not installed.
        ConfigError: the folder is none of a token classifier.
    """
    count = counter_for(_A_MODEL).count
    if model is not None and (Path(model).expanduser() / "model.onnx").is_file():
        try:
            from tokenomics_shared.adapters.llmlingua2_onnx import LLMLingua2Onnx
        except ImportError as error:
            raise MissingExtra("LLMLingua-2 by ONNX", "embeddings") from error
        return LLMLingua2Onnx(Path(model).expanduser(), count=count)
    try:
        from tokenomics_shared.adapters.llmlingua2 import LLMLingua2
    except ImportError as error:
        raise MissingExtra("compression.method = 'llmlingua2'", "llmlingua2") from error
    return LLMLingua2(model, count=count) if model else LLMLingua2(count=count)


def _embed(given: Any) -> Embed | None:
    if given is None or given is False:
        return None
    try:
        from tokenomics_shared.adapters.embeddings import embedder_of
        from tokenomics_shared.adapters.memoised import Memoised
    except ImportError as error:
        raise MissingExtra("compression.embedder", "embeddings") from error
    return Memoised(embedder_of(None if given is True else given)).embed


def _is_structured(text: str) -> bool:
    return shape_of(text) is not None


def _allocator(config: OrchestratorConfig) -> Allocator:
    if config.knapsack == "greedy":
        return Greedy()
    try:
        from tokenomics_shared.adapters.cp_sat import CpSat
    except ImportError as error:
        raise MissingExtra("orchestrator.knapsack = 'exact'", "ortools") from error
    return CpSat()


def _history(config: OrchestratorConfig) -> History:
    if config.history == "off":
        return WholeHistory()
    summaries = None
    if config.history == "summary":
        summaries = Summaries(config.summary_tokens, unaltered)
    return CutHistory(config.keep_last, summaries)
