"""Fitting the semantic cache to an application's own findings."""

import random
from pathlib import Path
from typing import Any

import pytest

from tokenomics_shared import ConfigError, Memory
from tokenomics_shared.adapters.fitting import fit
from tokenomics_shared.memory.verifier import INPUTS, Verifier
from tokenomics_shared.types import Label

COSINE = INPUTS.index("cosine")


def labels(many: int, seed: int = 0) -> list[Label]:
    """Findings of an application whose answers are right from cosine .8 on."""
    draw = random.Random(seed)
    found = []
    for _ in range(many):
        features = [draw.random() for _ in INPUTS]
        features[COSINE] = draw.uniform(0.6, 1.0)
        right = features[COSINE] + draw.gauss(0.0, 0.02) > 0.8
        found.append(Label(b"p", tuple(features), right, 1.0, audited=False, at=0.0))
    return found


def log_loss_rank(verifier: Verifier, found: list[Label]) -> float:
    """Share of pairs of a right and a wrong one that are in order."""
    right = [verifier.likelihood(label.features) for label in found if label.right]
    wrong = [verifier.likelihood(label.features) for label in found if not label.right]
    return sum(r > w for r in right for w in wrong) / (len(right) * len(wrong))


def test_it_learns_what_the_application_shows() -> None:
    shipped = Verifier.load()
    fitted = fit(shipped, labels(2_000), "own")
    unseen = labels(400, seed=1)
    assert log_loss_rank(fitted, unseen) > max(0.95, log_loss_rank(shipped, unseen))
    assert fitted.evidence.version == "own"
    assert sum(seen for seen, _ in fitted.evidence.bins) > 500


def test_few_labels_change_little() -> None:
    with pytest.raises(ValueError, match=r"100 labels, .* at least 400"):
        fit(Verifier.load(), labels(100), "own")


def test_weights_survive_as_text() -> None:
    shipped = Verifier.load()
    again = Verifier.from_json(shipped.to_json())
    assert again == shipped


def test_a_memory_fits_itself_and_remembers_it(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    memory = Memory(path)
    assert memory.meaning is not None
    for label in labels(800):
        memory.meaning.catalogue.note(label)
    assert memory.fit() == 800
    version = memory.meaning.policy.verifier.evidence.version  # type: ignore[attr-defined]  # bounded
    memory.close()
    again = Memory(path)
    assert again.meaning is not None
    assert again.meaning.policy.verifier.evidence.version == version  # type: ignore[attr-defined]  # bounded
    # What the weights were fitted to isn't learned once more.
    assert again.meaning.catalogue.news() == []
    again.close()


@pytest.mark.parametrize("settings", [{"max_false_hit_rate": None}, {"use_semantic_cache": False}])
def test_there_is_nothing_to_fit_without_weights(settings: dict[str, Any]) -> None:
    memory = Memory(**settings)
    with pytest.raises(ConfigError, match="nothing to fit"):
        memory.fit()
    memory.close()
