"""A learned cascade on recorded maths answers: what it costs to keep a strong model's quality.

The weak model drafts; its answer stands or the strong model is asked too. Ours escalates first
where the strong model's chance of being right, guessed from the question, exceeds the scorer's
likelihood that the draft is right by most for the money. Costs include the drafts and are
relative to always asking the strong model; each is read off the method's own curve, so thresholds
are chosen in hindsight, for baselines too. `delivered` beside them is not: there the threshold
was chosen on other problems. On the split that the weights are trained on, each answer is scored
by weights that were fitted without its question; on any other split by weights fitted on all of
the development split.
"""

import json
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import thread_time_ns

import numpy as np
from answers import LABELS, Problem, answers, digest, fold, problems
from cascade_curve import (
    RECORDED,
    TODAY,
    Floats,
    Outcomes,
    Prices,
    Ranking,
    cost_at,
    costs,
    figures,
)
from cascade_questions import strong_chance, weak_chance
from harness import Bar, Figure, command_line, show_figures, show_rows, versions, write_json
from peers import ask_peers
from train_scorer import train

from tokenomics_shared.judge.answer_features import answer_features
from tokenomics_shared.judge.quick import QuickCheck
from tokenomics_shared.judge.scorer import Scorer
from tokenomics_shared.judge.working import steps

BARS = {
    "gsm8k_auc": Bar(0.78, 0.82, at_least=True),
    "gsm8k_cost95": Bar(0.47, 0.42),
    "gsm8k_cost98": Bar(0.60, 0.54),
    "gsm8k_regraded_cost95": Bar(0.74, 0.66),
    "gsm8k_regraded_cost98": Bar(0.90, 0.82),
    "scorer_us": Bar(1000, 300),
}

FOLDS = 5
SHARES = {"cost95": 0.95, "cost98": 0.98}
NAMES = {"correct": "gsm8k", "regraded": "gsm8k_regraded"}
"""What figures on each kind of label are called."""

QUICK = 0.85
"""The quick check's own threshold."""


@dataclass(frozen=True)
class Bench:
    """What every method is measured on.

    Attributes:
        problems: the recorded problems.
        likelihood: the scorer's, of each weak answer.
        train: problems to learn from for each of them, all the same or those of other folds.
    """

    problems: Sequence[Problem]
    likelihood: Floats
    train: Sequence[tuple[Sequence[Problem], Sequence[int]]]

    def outcomes(self, label: str, prices: Prices = RECORDED) -> Outcomes:
        """What both models made of them, as graded so."""
        weak, strong = np.array([p.right[label] for p in self.problems], np.float64).T
        texts = [(p.question, p.weak, p.strong) for p in self.problems]
        return Outcomes(weak, strong, *costs(texts, prices))

    def learned(
        self, fit: Callable[[Sequence[Problem], Sequence[Problem], str], Floats], label: str
    ) -> Floats:
        """What something fitted on other problems says of each."""
        said = np.zeros(len(self.problems))
        for known, asked in self.train:
            said[list(asked)] = fit(known, [self.problems[at] for at in asked], label)
        return said

    def gap(self, label: str) -> Ranking:
        """Ours: by the expected gain for the expected money, both known when it is decided."""
        gain = self.learned(strong_chance, label) - self.likelihood
        guess = [(p.question, p.weak, p.weak) for p in self.problems]
        return Ranking(gain / costs(guess)[1], likelihood=self.likelihood)

    def baselines(self, label: str) -> dict[str, Ranking]:
        """Other orders of escalation."""
        quick = QuickCheck(QUICK)
        form = np.array([quick.score(p.question, p.weak) for p in self.problems])
        sums = np.array([_sound(p.weak) for p in self.problems])
        router = self.learned(strong_chance, label) - self.learned(weak_chance, label)
        asked = np.array([float(len(p.question)) for p in self.problems])
        outcomes = self.outcomes(label)
        gain = outcomes.strong - outcomes.weak
        return {
            "random": Ranking(np.random.default_rng(1).random(len(form))),
            "cheapest_first": Ranking(-asked, drafted=False),
            "quick_check": Ranking(-form, likelihood=form),
            "arithmetic": Ranking(-sums, likelihood=sums),
            "router": Ranking(router, drafted=False),
            "scorer_alone": Ranking(-self.likelihood, likelihood=self.likelihood),
            "oracle": Ranking(gain),
        }

    def delivered(self, label: str, share: float) -> tuple[float, float]:
        """Relative quality and cost at thresholds chosen on other problems."""
        urgency, outcomes = self.gap(label).urgency, self.outcomes(label)
        places = np.arange(len(urgency)) % FOLDS
        escalated = np.zeros(len(urgency), bool)
        for left_out in range(FOLDS):
            inside = places != left_out
            escalated |= ~inside & (urgency >= _threshold(urgency, outcomes, inside, share))
        quality = np.where(escalated, outcomes.strong, outcomes.weak).sum() / outcomes.strong.sum()
        cost = outcomes.weak_cost.sum() + outcomes.strong_cost[escalated].sum()
        return float(quality), float(cost / outcomes.strong_cost.sum())


def main() -> None:
    """Measure, print, write."""
    arguments = _arguments()
    bench, scorer = _bench(arguments)
    peers = _peers(bench, install=arguments.peers)
    ours: dict[str, Figure] = {}
    baselines: dict[str, Figure] = {}
    for label, name in NAMES.items():
        outcomes = bench.outcomes(label)
        ours |= figures(name, outcomes, bench.gap(label), SHARES)
        others = bench.baselines(label) | {
            peer: Ranking(-scores, likelihood=scores) for peer, scores in peers[1].items()
        }
        for other, ranking in others.items():
            baselines |= figures(f"{other}_{name}", outcomes, ranking, SHARES)
        baselines |= _fixed(bench, name, outcomes)
        for share_name, share in SHARES.items():
            quality, cost = bench.delivered(label, share)
            ours[f"{name}_delivered_{share_name}"] = Figure(cost, others={"quality": quality})
            today = cost_at(bench.outcomes(label, TODAY), bench.gap(label), share)
            ours[f"{name}_today_{share_name}"] = Figure(today)
    ours["scorer_us"] = _speed(scorer, bench.problems)
    show_figures("Cascade", ours, BARS)
    show_figures("Baselines", baselines, {})
    calibration = _calibration(bench)
    show_rows("Calibration", ("answers", "likelihood", "right"), calibration)
    made = {
        "n": len(bench.problems),
        "seeds": [0],
        "versions": versions("numpy", "scikit-learn") | peers[0],
        "trained_on": digest(arguments.train, "dev"),
        "tokens": "estimated from characters, for both models alike",
        "calibration": calibration,
    }
    write_json(arguments, ours, baselines, made)


def _arguments() -> Namespace:
    parser = command_line("What a learned cascade costs on recorded maths answers.")
    parser.add_argument("--peers", action="store_true", help="install cascadeflow if need be")
    return parser.parse_args()


def _bench(arguments: Namespace) -> tuple[Bench, Scorer]:
    """The problems of the split, scored by weights that have not seen them."""
    asked = problems(arguments.data, arguments.split)
    rows = answers(arguments.train, "dev")
    features = [answer_features(p.question, p.weak) for p in asked]
    if arguments.split != "dev":
        scorer = train(rows, "")
        known = problems(arguments.train, "dev")
        scored = np.array([scorer.weights.likelihood(row) for row in features])
        return Bench(asked, scored, [(known, range(len(asked)))]), scorer
    scored = np.zeros(len(asked))
    parts: list[tuple[Sequence[Problem], Sequence[int]]] = []
    for left_out in range(FOLDS):
        scorer = train([row for row in rows if fold(row.question, FOLDS) != left_out], "")
        inside = [at for at, p in enumerate(asked) if fold(p.question, FOLDS) == left_out]
        scored[inside] = [scorer.weights.likelihood(features[at]) for at in inside]
        parts.append(([p for p in asked if fold(p.question, FOLDS) != left_out], inside))
    return Bench(asked, scored, parts), Scorer.load()


def _peers(bench: Bench, *, install: bool) -> tuple[dict[str, str], dict[str, Floats]]:
    """What peers are and think of the answers."""
    pairs = json.dumps([(p.question, p.weak.strip()) for p in bench.problems])
    said = ask_peers("peers_cascadeflow_scores.py", install=install, given=pairs)
    if not said:
        return {}, {}
    scores = {name: np.array(found) for name, found in said["scores"].items()}
    return {"cascadeflow": said["version"]}, scores


def _sound(answer: str) -> float:
    """The share of an answer's calculations that hold; a half when there are none."""
    found = steps(answer)
    return sum(step.holds for step in found) / len(found) if found else 0.5


def _threshold(urgency: Floats, outcomes: Outcomes, inside: Floats, share: float) -> float:
    """The urgency down to which these must be escalated to reach a share of the quality."""
    chosen = np.nonzero(inside)[0]
    order = chosen[np.argsort(-urgency[chosen])]
    quality = outcomes.weak[order].sum() + np.cumsum((outcomes.strong - outcomes.weak)[order])
    at = int(np.argmax(quality >= share * outcomes.strong[order].sum()))
    return float(urgency[order[at]])


def _fixed(bench: Bench, name: str, outcomes: Outcomes) -> dict[str, Figure]:
    """Ways without a curve: what they cost, with the quality they keep."""
    quick = QuickCheck(QUICK)
    up = np.array([quick.score(p.question, p.weak) < QUICK for p in bench.problems])
    every = outcomes.strong_cost.sum()

    def kept(right: Floats, cost: float) -> Figure:
        return Figure(float(cost / every), others={"quality": right.sum() / outcomes.strong.sum()})

    drafts = outcomes.weak_cost.sum()
    return {
        f"quick_check_at_85_{name}": kept(
            np.where(up, outcomes.strong, outcomes.weak), drafts + outcomes.strong_cost[up].sum()
        ),
        f"always_cheap_{name}": kept(outcomes.weak, drafts),
        f"always_premium_{name}": kept(outcomes.strong, every),
    }


def _speed(scorer: Scorer, asked: Sequence[Problem]) -> Figure:
    """CPU microseconds to read and score answers cut at 700 characters, weak and strong joined."""
    texts = [(p.question, (p.weak + "\n" + p.strong)[:700]) for p in asked]
    texts = [pair for pair in texts if len(pair[1]) == 700] or texts
    taken = []
    for question, answer in texts * 3:
        start = thread_time_ns()
        scorer.likelihood(question, answer)
        taken.append((thread_time_ns() - start) / 1e3)
    return Figure(float(np.median(taken)), others={"p99": float(np.quantile(taken, 0.99))})


def _calibration(bench: Bench) -> Mapping[str, tuple[float, float, float]]:
    right = bench.outcomes(LABELS[-1]).weak
    order = np.argsort(bench.likelihood)
    return {
        f"fifth {place}": (len(part), bench.likelihood[part].mean(), right[part].mean())
        for place, part in enumerate(np.array_split(order, 5), start=1)
    }


if __name__ == "__main__":
    main()
