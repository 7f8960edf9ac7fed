"""LLMLingua-2 in torch, its export, and its authors' package beside it."""

import os
import random
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tests import keeping
from tokenomics_shared.adapters.llmlingua2 import LLMLingua2
from tokenomics_shared.adapters.llmlingua2_onnx import LLMLingua2Onnx
from tokenomics_shared.cli import app
from tokenomics_shared.errors import ConfigError

HAS_TORCH = find_spec("torch") is not None and find_spec("transformers") is not None
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="the extra `llmlingua2` is not installed")
needs_package = pytest.mark.skipif(
    find_spec("llmlingua") is None, reason="the extra `llmlingua` is not installed"
)

TEXT = (
    "The mayor of Paris was very proud of the tower, which is 330 metres tall.\n"
    "It was built by their engineers, and they have called it the best of them."
)


def count(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keeping.checkpoint(tmp_path_factory.mktemp("any-name"))


def process_state() -> tuple[Any, ...]:
    import torch

    return (
        random.getstate(),
        [part.tolist() if hasattr(part, "tolist") else part for part in np.random.get_state()],
        torch.get_rng_state().tolist(),
        torch.get_num_threads(),
        torch.backends.cudnn.deterministic,
        dict(os.environ),
    )


def unchanged(act: Callable[[], object]) -> bool:
    before = process_state()
    act()
    return process_state() == before


@needs_torch
@pytest.mark.parametrize("make", [keeping.checkpoint, keeping.roberta])
def test_an_export_finds_what_its_checkpoint_finds(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    checkpoint = make(tmp_path / "checkpoint")
    made = CliRunner().invoke(app, ["prepare-compressor", str(checkpoint), str(tmp_path / "made")])
    assert made.exit_code == 0, made.output
    torch, onnx = (
        LLMLingua2(checkpoint, count=count),
        LLMLingua2Onnx(tmp_path / "made", count=count),
    )
    texts = [TEXT, TEXT * 40, "", "one"]
    for one, other in zip(torch.probabilities(texts), onnx.probabilities(texts), strict=True):
        assert one[0] == other[0]
        assert one[1] == pytest.approx(other[1], abs=1e-4)
    assert torch.compress(texts, "", 300) == onnx.compress(texts, "", 300)


@needs_torch
def test_torch_leaves_the_process_as_it_was(checkpoint: Path) -> None:
    import torch  # noqa: F401 -- importing it is no part of what is watched
    import transformers  # noqa: F401

    assert unchanged(lambda: LLMLingua2(checkpoint, count=count).compress([TEXT], "", 17))


@needs_torch
def test_a_model_that_is_nowhere_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no-such-folder.*give the folder"):
        LLMLingua2(tmp_path / "no-such-folder", count=count).load()


@needs_torch
def test_a_checkpoint_without_a_classifier_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    import shutil

    from transformers import BertModel

    shutil.copytree(checkpoint, tmp_path / "headless")
    BertModel.from_pretrained(checkpoint).save_pretrained(tmp_path / "headless")
    with pytest.raises(ConfigError, match="two labels"):
        LLMLingua2(tmp_path / "headless", count=count).load()


@needs_torch
def test_an_unknown_device_is_named(checkpoint: Path) -> None:
    with pytest.raises(ConfigError, match="no-device"):
        LLMLingua2(checkpoint, count=count, device="no-device").load()


PROSE = (
    "the mayor of paris was proud of the tower when their engineers built the long bridge over "
    "the river and called it the best of them while people from other towns came to look at "
    "what they had never seen before in that place under the old wall by the sea"
)


@needs_package
@pytest.mark.parametrize("rate", [0.2, 0.33, 0.5, 0.8])
def test_the_package_keeps_the_same_words_at_the_same_rate(checkpoint: Path, rate: float) -> None:
    from tokenomics_shared.adapters.llmlingua import LLMLingua

    package, ours = LLMLingua(checkpoint, count=count), LLMLingua2(checkpoint, count=count)
    package.load()
    theirs = package._compressor.compress_prompt_llmlingua2([PROSE], rate=rate)
    kept = theirs["compressed_prompt"].split()
    assert 0 < len(kept) < len(PROSE.split())
    assert ours.compress([PROSE], "", len(kept))[0].split() == kept


@needs_package
def test_the_package_leaves_the_process_as_it_was(checkpoint: Path) -> None:
    import llmlingua  # noqa: F401 -- importing it is no part of what is watched

    from tokenomics_shared.adapters.llmlingua import LLMLingua

    assert unchanged(lambda: LLMLingua(checkpoint, count=count).compress([TEXT], "", 20))


@needs_package
def test_the_package_is_kept_from_guarded_spans(checkpoint: Path) -> None:
    from tokenomics_shared.adapters.llmlingua import LLMLingua

    package = LLMLingua(checkpoint, count=count)
    text = (
        "It has been said of 1,234.56 EUR that they were paid to https://a.b/c?x=1 by the mayor "
        'of the town, who called it "Quite Enough" in 2019, and so on and so forth as ever.'
    )
    found = package.compress([text], "", 40)[0]
    assert count(found) <= 40
    assert all(one in found for one in ("1,234.56 EUR", "https://a.b/c?x=1", '"Quite Enough"'))
    assert package.compress([found], "", 40) == [found]
    assert package.compress([text], "", 3) == [text]


@needs_package
def test_the_package_reads_only_its_two_families(tmp_path: Path, checkpoint: Path) -> None:
    import shutil

    from transformers import DistilBertConfig, DistilBertForTokenClassification

    from tokenomics_shared.adapters.llmlingua import LLMLingua

    shutil.copytree(checkpoint, tmp_path / "other")
    config = DistilBertConfig(
        vocab_size=len(keeping.VOCABULARY), dim=16, n_heads=2, n_layers=1, hidden_dim=16
    )
    DistilBertForTokenClassification(config).save_pretrained(tmp_path / "other")
    with pytest.raises(ConfigError, match="distilbert"):
        LLMLingua(tmp_path / "other", count=count).load()
    assert LLMLingua2(tmp_path / "other", count=count).compress([TEXT], "", 20) != [TEXT]
