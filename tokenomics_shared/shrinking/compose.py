"""Shrinking put together as the configuration says."""

import functools
from collections.abc import Callable
from decimal import Decimal

from tokenomics_shared.adapters.counting import counter_for
from tokenomics_shared.config import CompressionConfig, OrchestratorConfig, TokenomicsConfig
from tokenomics_shared.errors import MissingExtra
from tokenomics_shared.orchestrator import Greedy, Remembered
from tokenomics_shared.planning import Allocator, Compressor, Count, Shrinker, TokenCounter
from tokenomics_shared.shrinking.histories import CutHistory, History, WholeHistory
from tokenomics_shared.shrinking.shrinker import (
    Kit,
    NoShrinking,
    Rules,
    Shielding,
    Shrinking,
    Tools,
)
from tokenomics_shared.shrinking.summaries import Summaries
from tokenomics_shared.shrinking.worth import Pricing


def shrinker(config: TokenomicsConfig, price: Pricing, shield: Shielding) -> Shrinker:
    """What shortens requests.

    Args:
        config: the configuration.
        price: what tokens cost.
        shield: swallows and counts a part's failure where no request is charged.

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
    cost = wanted.price / Decimal(1_000_000)
    tools = Tools(kits(wanted), cost, _allocator(plan), price, shield)
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
        counter = _Counter(counter_for(model))
        # An encoding is loaded now, in whichever thread may wait for that.
        counter.count("")
        return Kit(counter, make(counter.count))

    return kit


class _Counter:
    """A counter that remembers: a conversation's texts come again with every turn."""

    def __init__(self, counter: TokenCounter) -> None:
        self.exact = counter.exact
        self.count = Remembered(counter.count)


def _maker(config: CompressionConfig) -> Callable[[Count], Compressor]:
    if config.method != "off" or config.compressor is not None:
        return _made(config)

    def later(count: Count) -> Compressor:
        # Loaded by the first request that wishes for it.
        return _made(config)(count)

    return later


def _made(config: CompressionConfig) -> Callable[[Count], Compressor]:
    from tokenomics_shared.compressors import checked, embed_by, maker_of

    if config.compressor is not None:
        own = checked(config.compressor, "compression.compressor")
        return lambda _: own
    make = maker_of("auto" if config.method == "off" else config.method, config.model)
    given = config.embedder
    embed = None
    if given is not None and given is not False:
        embed = embed_by(None if given is True else given, config.embedder_timeout_s)
    return lambda count: make(count, embed)


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
        from tokenomics_shared.compression import unaltered

        summaries = Summaries(config.summary_tokens, unaltered)
    return CutHistory(config.keep_last, summaries)
