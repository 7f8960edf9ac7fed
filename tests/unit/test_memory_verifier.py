"""The verifier's weights."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenomics_shared.errors import ConfigError
from tokenomics_shared.memory.likeness import likeness, profile
from tokenomics_shared.memory.tally import BINS
from tokenomics_shared.memory.verifier import INPUTS, SHIPPED, Verifier
from tokenomics_shared.memory.vote import Neighbour, elect


@pytest.fixture(scope="module")
def shipped() -> Verifier:
    return Verifier.load()


def likelihood(verifier: Verifier, asked: str, stored: list[tuple[str, int, float]]) -> float:
    """Of the elected answer's being right."""
    ballot = elect([Neighbour(at, group, cos) for at, (_, group, cos) in enumerate(stored)])
    assert ballot is not None
    witnesses = [profile(stored[member][0]) for member in ballot.members]
    return verifier.likelihood(ballot.features + likeness(profile(asked), witnesses))


def test_agreeing_witnesses_are_believed_and_torn_ones_are_not(shipped: Verifier) -> None:
    asked = "how do i reset my password"
    texts = ("how to reset a password", "reset my password", "help me reset the password")
    agreeing = [(text, 1, 0.93 - at / 100) for at, text in enumerate(texts)]
    torn = [(text, at, cos) for at, (text, _, cos) in enumerate(agreeing)]
    assert likelihood(shipped, asked, agreeing) > 0.95
    assert likelihood(shipped, asked, torn) < 0.6


def test_nearer_witnesses_are_believed_more(shipped: Verifier) -> None:
    texts = ("how to reset a password", "reset my password")
    found = [
        likelihood(shipped, "password reset please", [(text, 1, cosine) for text in texts])
        for cosine in (0.62, 0.7, 0.8, 0.9)
    ]
    assert found == sorted(found)


@given(st.lists(st.floats(-100, 100), min_size=len(INPUTS), max_size=len(INPUTS)))
def test_a_likelihood_is_never_certain(features: list[float]) -> None:
    assert 0.0 < Verifier.load().likelihood(features) < 1.0


def test_the_evidence_errs_less_where_the_likelihood_is_higher(shipped: Verifier) -> None:
    rates = [wrong / labels for labels, wrong in shipped.evidence.bins]
    assert len(rates) == BINS
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 0.2
    assert rates[-1] < 0.01


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"weights\.json"):
        Verifier.load(tmp_path / "weights.json")
    (tmp_path / "weights.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"weights\.json"):
        Verifier.load(tmp_path / "weights.json")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 99}, "format 99"),
        ({"features": ["cosine"]}, "features"),
        ({"intercept": "much"}, "much"),
        ({"intercept": float("nan")}, "finite"),
        ({"terms": [{"of": ["cosine", "share", "margin"], "weight": 1}]}, "more than two"),
        ({"terms": [{"of": ["beauty"], "weight": 1}]}, "beauty"),
        ({"terms": [{"of": [], "weight": 1}]}, "no verifier"),
        ({"evidence": [[1, 0]]}, "48"),
        ({"evidence": [[1, 2]] * BINS}, "48"),
        ({"data": None}, "no verifier"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change: dict[str, Any], says: str) -> None:
    text = json.dumps({**json.loads(SHIPPED.read_text("utf-8")), **change})
    with pytest.raises(ConfigError, match=says):
        Verifier.from_json(text)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}"])
def test_what_is_no_weights_at_all_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        Verifier.from_json(text)
