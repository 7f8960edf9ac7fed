"""The projection of embeddings: shipped for MiniLM, drawn for others."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tokenomics_shared.adapters.projecting import SHIPPED, WIDTH, Projector, _shipped
from tokenomics_shared.bandit.contexts import Contexts
from tokenomics_shared.bandit.phrases import PHRASES
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.learning import KINDS

MINILM = "all-MiniLM-L6-v2/some/1"


class Words:
    """An embedder whose vectors are of the words alone."""

    local = True

    def __init__(self, name: str = "words", dimensions: int = 64) -> None:
        self.name, self.dimensions = name, dimensions
        self.asked = 0

    def embed(self, texts: Sequence[str]) -> Any:
        self.asked += 1
        vectors = np.full((len(texts), self.dimensions), 0.01, np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.lower().split():
                row[sum(word.encode()) % self.dimensions] += 1.0
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def reads(self, text: str) -> bool:
        return True


def test_the_shipped_projection_is_small_and_of_orthogonal_directions() -> None:
    assert SHIPPED.stat().st_size <= 30_000
    directions = _shipped(SHIPPED).directions
    assert directions.shape == (WIDTH, 384)
    assert np.allclose(directions @ directions.T, np.eye(WIDTH), atol=0.03)


def test_minilm_is_projected_by_what_was_shipped_whatever_runs_it() -> None:
    found = {Projector(Words(name, 384)).basis for name in (MINILM, "x/all-MiniLM-L6-v2")}
    assert len(found) == 1
    assert found.pop().startswith("pca-1-")
    assert Projector(Words(MINILM, 64)).basis == f"random-1/{MINILM}"


def test_making_one_embeds_nothing() -> None:
    embedder = Words()
    Projector(embedder)
    assert embedder.asked == 0


def test_others_are_projected_alike_in_every_process() -> None:
    vector = Words().embed(["How are you?"])[0]
    found = Projector(Words()).features(vector)
    assert found == Projector(Words()).features(vector)
    assert found != Projector(Words("other")).features(vector)
    assert len(found) == WIDTH


def test_a_random_projection_keeps_near_things_near() -> None:
    projector, embedder = Projector(Words()), Words()
    texts = ["how do I boil an egg", "how do I boil two eggs", "the treaty of that century"]
    one, near, far = (np.array(projector.features(v)) for v in embedder.embed(texts))
    assert np.linalg.norm(one - near) < np.linalg.norm(one - far)


def test_kinds_are_known_once_prepared() -> None:
    embedder = Words(dimensions=256)
    projector = Projector(embedder)
    phrases = [(kind, phrase) for kind in KINDS for phrase in PHRASES[kind]]
    vectors = embedder.embed([phrase for _, phrase in phrases])
    assert projector.kind(vectors[0]) is None
    assert projector.kinds(vectors[0]) == {}
    projector.prepare()
    right = [projector.kind(v) == kind for (kind, _), v in zip(phrases, vectors, strict=True)]
    assert sum(right) / len(right) > 0.9
    likely = projector.kinds(vectors[0])
    assert max(likely, key=lambda kind: likely[kind]) == projector.kind(vectors[0])
    assert sum(likely.values()) == pytest.approx(1.0)


def test_the_shipped_prototypes_need_no_preparing() -> None:
    embedder = Words(MINILM, 384)
    projector = Projector(embedder)
    projector.prepare()
    assert embedder.asked == 0
    assert projector.kind(_shipped(SHIPPED).prototypes[KINDS.index("maths")]) == "maths"


def test_contexts_take_a_projector() -> None:
    embedder = Words()
    contexts = Contexts(Projector(embedder))
    context = contexts.context("How are you?", "simple", embedder.embed(["How are you?"])[0])
    assert len(context.features) == contexts.space.width == 8 + WIDTH + 1
    assert all(isinstance(number, float) for number in context.features)


@pytest.mark.parametrize("change", [{"format": 9}, {"mean": None}, {"directions": {"steps": [1]}}])
def test_a_damaged_projection_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "projection.json"
    path.write_text(json.dumps(json.loads(SHIPPED.read_text()) | change))
    with pytest.raises(ConfigError, match="projection can't be read"):
        _shipped(path)
