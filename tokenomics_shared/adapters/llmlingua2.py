"""LLMLingua-2 with torch: any token-classification checkpoint of transformers."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from typing_extensions import override

from tokenomics_shared.adapters.token_pruning import (
    EXTRA,
    LABELS,
    MODEL,
    Classifier,
    TokenPruning,
    padded,
    window,
)
from tokenomics_shared.errors import ConfigError, MissingExtra
from tokenomics_shared.planning import Count


class LLMLingua2(TokenPruning):
    """Keeps the words that a checkpoint of LLMLingua-2 finds needed, run by torch.

    Importing torch takes seconds, so that and the model are left to the first use. Nothing of
    the process is changed: no seed, no environment, and torch's threads only when told to.
    """

    name = "llmlingua2"

    def __init__(
        self,
        model: str | Path = MODEL,
        *,
        count: Count,
        batch_size: int = 8,
        device: str = "cpu",
        threads: int | None = None,
    ) -> None:
        """Say which model; it is loaded when it is first used.

        Args:
            model: a folder, or a name on the hub, which transformers fetches if it is not in
                the user's hub cache and `HF_HUB_OFFLINE` is not set.
            count: counts the tokens of budgets.
            batch_size: runs of at most 512 tokens that are read at once.
            device: where torch computes: `cpu`, `cuda`, `cuda:1`, `mps`.
            threads: threads of torch, for all that this process does with it; as they are when
                None.

        Raises:
            MissingExtra: torch or transformers is not installed.
        """
        if find_spec("torch") is None or find_spec("transformers") is None:
            raise MissingExtra("LLMLingua-2 with torch", EXTRA)
        self._device = device
        self._threads = threads
        super().__init__(str(model), count, batch_size)

    @override
    def _opened(self) -> Classifier:
        return TorchClassifier(self._model, self._device, self._threads)


class TorchClassifier:
    """A checkpoint in torch, in single precision."""

    def __init__(self, model: str, device: str = "cpu", threads: int | None = None) -> None:
        """Load it.

        Raises:
            ConfigError: it is nowhere, or is no token classifier of two labels.
        """
        import torch

        self._torch = torch
        if threads is not None:
            torch.set_num_threads(threads)
        self.tokenizer, self.network = checkpoint(model)
        try:
            self.network.to(device)
        except RuntimeError as error:
            raise ConfigError(f"torch can't compute on device {device!r}: {error}") from error
        self._device = device
        settings = self.network.config.to_dict()
        self.window = window(settings)
        self._pad = settings.get("pad_token_id") or 0

    def margins(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """As `Classifier` says."""
        ids, mask = padded(batch, self._pad)
        with self._torch.inference_mode():
            logits = self.network(
                input_ids=self._torch.tensor(ids, device=self._device),
                attention_mask=self._torch.tensor(mask, device=self._device),
            ).logits
            found: list[list[float]] = (logits[..., 1] - logits[..., 0]).cpu().tolist()
        return found


def checkpoint(model: str) -> tuple[Any, Any]:
    """A checkpoint's tokenizer and network, ready to read.

    Raises:
        ConfigError: it is nowhere, or is no token classifier of two labels.
    """
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    try:
        # Weights that a checkpoint lacks would be drawn at random.
        with torch.random.fork_rng(devices=[]):
            wrapped = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
            network, found = AutoModelForTokenClassification.from_pretrained(
                model, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
            )
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        raise ConfigError(
            f"the compressor's model {model!r} can't be loaded; give the folder of a "
            f"token-classification checkpoint, or a name on the hub: {error}"
        ) from error
    if network.config.num_labels != LABELS or found["missing_keys"]:
        raise ConfigError(f"{model!r} is no token classifier of two labels: not needed, needed")
    if not wrapped.is_fast:
        raise ConfigError(f"the tokenizer of {model!r} doesn't tell where its tokens are")
    tokenizer = wrapped.backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer, network.eval()
