"""What a question alone tells of who will answer it rightly.

Part of what is learned here from the recorded labels is their grader: it takes the last number of
an answer, and not for `5.00` what it takes for `5`.
"""

import re
from collections.abc import Sequence

import numpy as np
from answers import Problem
from cascade_curve import Floats
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tokenomics_shared.judge.asked import read

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_CENTS = re.compile(r"\d\.\d\d\b")
_ROUND = re.compile(r"\d\.00\b")
_SHRINKAGE = 0.01


def strong_chance(known: Sequence[Problem], asked: Sequence[Problem], label: str) -> Floats:
    """The chance that the strong model is right, learned from known problems."""
    return _chance(known, asked, [p.right[label][1] for p in known])


def weak_chance(known: Sequence[Problem], asked: Sequence[Problem], label: str) -> Floats:
    """The chance that the weak model is right, learned from known problems."""
    return _chance(known, asked, [p.right[label][0] for p in known])


def _chance(known: Sequence[Problem], asked: Sequence[Problem], right: Sequence[bool]) -> Floats:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=_SHRINKAGE, max_iter=1000))
    model.fit(np.array([_surface(p.question) for p in known]), right)
    chances: Floats = model.predict_proba(np.array([_surface(p.question) for p in asked]))[:, 1]
    return chances


def _surface(question: str) -> list[float]:
    found, last = read(question), _SENTENCE.split(question.strip())[-1]
    return [
        len(_CENTS.findall(question)),
        len(_ROUND.findall(question)),
        question.count("$") > 0,
        sum(letter.isdigit() for letter in last),
        "how much" in last.lower(),
        "dollar" in last.lower(),
        len(last),
        question.count("%") > 0,
        len(found.given),
        np.log1p(len(question)),
        *found.cues,
    ]
