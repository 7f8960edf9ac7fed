"""Our embedder beside sentence-transformers, in an environment that has both.

Run by `memory_speed.py` with the interpreter of that environment; reads prompts from standard
input as JSON, prints timings as JSON.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Neither is installed where types are checked.
import torch  # type: ignore[import-not-found,unused-ignore]
from questions import again
from rounds import TURNS, Contender, Run, alternate
from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found,unused-ignore]

from tokenomics_shared.adapters.minilm_files import packaged_weights
from tokenomics_shared.adapters.onnx_minilm import OnnxMiniLM

LEAST_COSINE = 0.97


def main() -> None:
    """Time both with the same prompts, each on one thread."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--calls", type=int, required=True)
    arguments = parser.parse_args()
    prompts: list[str] = json.load(sys.stdin)
    torch.set_num_threads(1)
    ours = OnnxMiniLM.find(arguments.model)
    theirs = SentenceTransformer(str(packaged_weights()), device="cpu")
    for prompt in prompts[:8]:
        cosine = float(ours.embed([prompt])[0] @ theirs.encode(prompt, normalize_embeddings=True))
        if cosine < LEAST_COSINE:
            raise RuntimeError(f"the two disagree: cosine {cosine:.3f}")

    def contender(run: Run) -> Contender:
        calls = max(1, arguments.calls // TURNS)
        return Contender(run, inputs=again(*prompts), check=_embedded, calls=calls)

    def encode(texts: Sequence[str]) -> list[Any]:
        return [
            theirs.encode(text, normalize_embeddings=True, show_progress_bar=False)
            for text in texts
        ]

    group = {
        "embedding, sentence-transformers": contender(encode),
        "embedding": contender(lambda texts: [ours.embed([text])[0] for text in texts]),
    }
    timings = alternate([group], arguments.rounds)
    batches = {name: list(map(asdict, taken)) for name, taken in timings.items()}
    packages = ("sentence-transformers", "torch", "transformers")
    found = {name: version(name) for name in packages}
    print(json.dumps({"versions": found, "timings": batches}))


def _embedded(vector: Any) -> None:
    if vector.shape != (384,):
        raise RuntimeError(f"a vector of shape {vector.shape}")


if __name__ == "__main__":
    main()
