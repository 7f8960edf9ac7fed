"""How often a semantic cache answers, and how often wrongly: a recorded stream played to several.

One cache for all sources of the stream, prompts in the file's order and in two more, stored on a
miss only. Right, wrong and unknown are told apart as the data's labels do; a rate of false hits
is of the hits that are known, `unknown wrong` beside it counts the others as wrong. On the split
that the weights are trained on, each prompt is judged by weights, and a bound's evidence, that
were fitted on the other half of the clusters; on any other split by the package's own.
"""

from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from harness import Bar, Figure, command_line, show_figures, versions, write_json
from memory_contenders import Contender, Guard, Links, Nearest, Played, Voted, Words, play
from memory_pairs import PARTS
from memory_rates import audits, rates, unknown
from memory_rules import found, rules
from memory_stream import Order, Stream, load
from memory_vcache import VCache
from train_verifier import cross_fit

from tokenomics_shared.memory.bound import AuditedBound
from tokenomics_shared.memory.tolerance import Evidence, Tolerance
from tokenomics_shared.memory.verifier import Verifier

BARS = {
    "stream_good_hit": Bar(0.36, 0.44, at_least=True),
    "stream_fhr": Bar(0.022, 0.02),
    "stream_good_hit_1": Bar(0.26, 0.34, at_least=True),
    "stream_fhr_1": Bar(0.011, 0.01),
    "audits_per_request": Bar(0.04, 0.04),
    "noise_3_fhr": Bar(0.03, 0.02),
    "noise_10_fhr": Bar(0.03, 0.02),
    "noise_10_good_hit": Bar(0.30, 0.34, at_least=True),
    "noise_3_labels_fhr": Bar(0.03, 0.02),
    "noise_10_labels_fhr": Bar(0.03, 0.02),
    "cold_good_hit": Bar(0.18, 0.22, at_least=True),
    "cold_fhr": Bar(0.02, 0.01),
    "adversarial_wrong_served": Bar(0.04, 0.015),
    "adversarial_worst_class": Bar(0.20, 0.06),
    "adversarial_right_served": Bar(0.88, 0.92, at_least=True),
    "adversarial_default_wrong_served": Bar(0.01, 0.005),
    "guard_natural_cost_banking77": Bar(0.08, 0.03),
    "guard_natural_cost_clinc150": Bar(0.06, 0.03),
    "guard_natural_cost_qqp": Bar(0.10, 0.06),
    "multiturn_wrong_served": Bar(0, 0),
    "multiturn_right_served": Bar(24, 30, at_least=True),
}

COLD = 2_000
"""Prompts of a cold start, in which nothing is learnt."""

CHECKS = 500
"""Pairs of answers, known to agree or to differ, on which a judge that errs is checked."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A run of our cache.

    Attributes:
        limit: of false hits among hits.
        links: share of links that are wrong.
        labels: share of labels that are wrong.
        taught: whether labels are learnt at all.
        prompts: to ask, the first so many; all by default.
    """

    limit: float = 0.02
    links: float = 0.0
    labels: float = 0.0
    taught: bool = True
    prompts: int | None = None


SETTINGS = {
    "stream": (Setting(), ("stream_good_hit", "stream_fhr")),
    "stream 1": (Setting(0.01), ("stream_good_hit_1", "stream_fhr_1")),
    "noise 3": (Setting(links=0.03), ("noise_3_good_hit", "noise_3_fhr")),
    "noise 10": (Setting(links=0.10), ("noise_10_good_hit", "noise_10_fhr")),
    "noise 3, labels": (
        Setting(links=0.03, labels=0.03),
        ("noise_3_labels_good_hit", "noise_3_labels_fhr"),
    ),
    "noise 10, labels": (
        Setting(links=0.10, labels=0.10),
        ("noise_10_labels_good_hit", "noise_10_labels_fhr"),
    ),
    "cold": (Setting(taught=False, prompts=COLD), ("cold_good_hit", "cold_fhr")),
}
"""Runs of ours, and what their good hits and false hits are called."""

BASELINES: Mapping[str, Callable[[Stream, int], Contender]] = {
    "gptcache_default": lambda stream, _: Nearest(stream, 0.60),
    "cosine_85": lambda stream, _: Nearest(stream, 0.85),
    "cosine_90": lambda stream, _: Nearest(stream, 0.90),
    "cosine_95": lambda stream, _: Nearest(stream, 0.95),
    "vcache_2": lambda stream, seed: VCache(stream, 0.02, seed),
    "vcache_1": lambda stream, seed: VCache(stream, 0.01, seed),
}
"""Of the seeds' rules, of GPTCache as it comes (its default distance works out to cosine .60), and
of vCache, which bounds wrong hits of requests, not of hits."""


def main() -> None:
    """Measure, print, write."""
    arguments = _arguments()
    stream = load(arguments.data, arguments.split)
    orders = {seed: stream.order(seed) for seed in range(arguments.orders)}
    bench = _bench(stream, arguments)
    figures: dict[str, Figure] = {}
    shares: dict[str, float] = {}
    for name, (setting, names) in SETTINGS.items():
        played = [bench.play(setting, seed, order) for seed, order in orders.items()]
        figures |= rates(stream, played, names)
        shares[name] = unknown(stream, played[0])
        if name == "stream":
            figures["audits_per_request"] = audits(played)
    pairs: dict[str, Figure] = {}
    for part in PARTS:
        pairs |= part(arguments.data, arguments.split)
    baselines: dict[str, Figure] = {}
    for name, make in BASELINES.items():
        played = [play(stream, make(stream, seed), order) for seed, order in orders.items()]
        baselines |= rates(stream, played, (f"{name}_good_hit", f"{name}_fhr"))
        shares[name] = unknown(stream, played[0])
    show_figures("Mixed stream", figures, BARS)
    show_figures("Pairs, through the whole memory", pairs, BARS)
    show_figures("Baselines", baselines, {})
    made = {
        "n": len(stream.prompts),
        "seeds": list(orders),
        "versions": versions("numpy", "scikit-learn"),
        "weights": bench.origin,
        "guard": found(),
        "unknown": shares,
    }
    write_json(arguments, {**figures, **pairs}, baselines, made)


@dataclass(frozen=True)
class Bench:
    """What every run of ours shares.

    Attributes:
        words: the prompts' words.
        guard: the rules.
        verifier: the one for a prompt.
        evidence: what a new bound starts from.
        origin: where the weights are from.
    """

    words: Words
    guard: Guard
    verifier: Callable[[int], Verifier]
    evidence: Evidence
    origin: str

    def play(self, setting: Setting, seed: int, order: Order) -> Played:
        """Play the stream to our cache, new each time."""
        tolerance = Tolerance(max_false_hit_rate=setting.limit)
        bound = AuditedBound(self.evidence, Random(seed).random, tolerance)
        judge = Random(seed)
        for _ in range(CHECKS if setting.labels else 0):
            bound.learn_judge(same=True, said_same=judge.random() >= setting.labels)
            bound.learn_judge(same=False, said_same=judge.random() < setting.labels)
        voted = Voted(
            self.words,
            self.verifier,
            bound,
            Links(self.words.stream, setting.links, seed),
            self.guard,
            mislabel=setting.labels,
            taught=setting.taught,
        )
        return play(self.words.stream, voted, order[: setting.prompts])


def _arguments() -> Namespace:
    parser = command_line("How often a semantic cache answers, and how often wrongly.")
    parser.add_argument("--orders", type=int, default=3, help="orders of arrival to play")
    arguments = parser.parse_args()
    if arguments.orders < 1:
        parser.error(f"--orders must be at least 1, got {arguments.orders}")
    return arguments


def _bench(stream: Stream, arguments: Namespace) -> Bench:
    guard = rules(stream)
    if arguments.split == "dev":
        verifier, evidence = cross_fit(stream, guard)
        return Bench(Words(stream), guard, verifier, evidence, "cross-fitted by clusters")
    shipped = Verifier.load()
    return Bench(
        Words(stream), guard, lambda _: shipped, shipped.evidence, shipped.evidence.version
    )


if __name__ == "__main__":
    main()
