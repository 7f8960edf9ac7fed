"""Prices: as the library has them, under the user's own, unknown when they are."""

from decimal import Decimal
from typing import Any

import genai_prices
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.adapters.genai_prices import GenaiPrices
from tokenomics_shared.telemetry import Overrides, Price, names_of
from tokenomics_shared.types import Tier, Usage

LISTED = GenaiPrices()
TOKENS = st.integers(0, 300_000)


def tier(model: str, provider: str = "openai") -> Tier:
    return Tier("premium", model, provider)


@given(
    st.sampled_from(
        [
            ("gpt-4o", "openai", "openai"),
            ("gpt-4o-mini", "openai", "openai"),
            ("gpt-4-1106-preview", "openai", "openai"),
            ("gemini-2.5-pro", "google_genai", "google"),
            ("gemini-2.0-flash", "google_vertexai", "google"),
            ("claude-3-5-haiku-latest", "anthropic", "anthropic"),
            ("deepseek-chat", "deepseek", "deepseek"),
        ]
    ),
    TOKENS,
    TOKENS,
    st.floats(0.0, 1.0),
)
def test_costs_are_the_librarys(
    named: tuple[str, str, str], read: int, written: int, share: float
) -> None:
    model, provider, theirs = named
    # Only some models bill the reading of their prompt cache at a price of its own.
    cached = 0 if model == "gpt-4-1106-preview" else int(read * share)
    expected = genai_prices.calc_price(
        genai_prices.Usage(input_tokens=read, output_tokens=written, cache_read_tokens=cached),
        model,
        provider_id=theirs,
    )
    cost = LISTED.cost(tier(model, provider), "", Usage(read, written, cached))
    assert cost == expected.total_price


@pytest.mark.parametrize(
    ("model", "provider"),
    [("mixtral-8x7b-instruct", "openai"), ("gpt-4o", ""), ("gpt-4o", "nobody"), ("", "openai")],
)
def test_what_is_not_listed_is_unknown(model: str, provider: str) -> None:
    assert LISTED.cost(tier(model, provider), "", Usage(1, 1)) is None


def test_the_name_the_provider_reports_comes_first() -> None:
    million = Usage(1_000_000, 0)
    assert LISTED.cost(tier("gpt-4o"), "gpt-4o-mini-2024-07-18", million) == Decimal("0.15")
    assert LISTED.cost(tier("gpt-4o"), "gpt-4o-2099-12-31", million) == Decimal("2.5")
    assert LISTED.cost(tier("gpt-4o"), "never heard of", million) is None
    stated = Overrides({"gpt-4o": Price(Decimal(1), Decimal(2))}, LISTED)
    assert stated.cost(tier("gpt-4o"), "never heard of", million) is None


@pytest.mark.parametrize(
    ("own", "reported", "names"),
    [
        ("gpt-4o", "", ("gpt-4o",)),
        ("gpt-4o", "gpt-4o", ("gpt-4o",)),
        ("gpt-4o", "gpt-4o-2024-08-06", ("gpt-4o-2024-08-06", "gpt-4o")),
        ("gpt-4", "gpt-4-0613", ("gpt-4-0613", "gpt-4")),
        ("gpt-4", "gpt-4.1", ("gpt-4.1",)),
        ("gpt-4", "gpt-4-1106-preview", ("gpt-4-1106-preview",)),
        ("gpt-4o", "gpt-4o-mini", ("gpt-4o-mini",)),
        ("gpt-4o", "o3", ("o3",)),
        ("claude-x-latest", "claude-x-20250101", ("claude-x-20250101", "claude-x-latest")),
        ("claude-x", "claude-x@20250101", ("claude-x@20250101", "claude-x")),
        ("acme.x-20250101", "acme.x-20250101-v1:0", ("acme.x-20250101-v1:0", "acme.x-20250101")),
        ("flash-2.0", "flash-2.0-001", ("flash-2.0-001", "flash-2.0")),
    ],
)
def test_the_tiers_own_name_counts_only_for_versions_of_it(
    own: str, reported: str, names: tuple[str, ...]
) -> None:
    assert names_of(own, reported) == names


def test_stated_prices_come_before_listed_ones() -> None:
    prices = Overrides({"gpt-4o": Price(Decimal(1), Decimal(2))}, LISTED)
    million = Usage(1_000_000, 1_000_000)
    assert prices.cost(tier("gpt-4o"), "gpt-4o-2024-08-06", million) == Decimal(3)
    assert prices.cost(tier("gpt-4o-mini"), "", million) == Decimal("0.75")


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (Price(Decimal(2), Decimal(8)), 2 * 100 + 8 * 10),
        (Price(Decimal(2), Decimal(8), cache_read=Decimal(1)), 2 * 40 + 60 + 8 * 10),
        (
            Price(Decimal(2), Decimal(8), Decimal(1), Decimal(3)),
            2 * 20 + 60 + 3 * 20 + 8 * 10,
        ),
    ],
)
def test_the_prompt_cache_has_prices_of_its_own(price: Price, expected: Any) -> None:
    usage = Usage(100, 10, cache_read=60, cache_write=20 if price.cache_write else 0)
    assert price.cost(usage) == Decimal(expected) / 10**6
