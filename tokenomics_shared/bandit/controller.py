"""What a unit of cost is worth: fixed, or moved so that a quality target is just held."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Final

from typing_extensions import override

from tokenomics_shared.bandit.decision import Numbers, Option, best_of
from tokenomics_shared.forks import ForkSafe

FIRST_WEIGHT: Final = 0.08
"""Quality given for one unit of cost until there are requests to tell from; one unit is what
premium costs on average."""

WINDOW: Final = 250
"""Requests that the weight is fitted to."""

EVERY: Final = 50
"""Requests between two fits; the first comes after as many."""

MARGIN: Final = 0.5
"""Standard errors of the arms' learned quality that are kept in hand: while little is known of
premium because it is seldom asked, what it is worth must not be underestimated."""

_NOISE = 0.4
"""Standard deviation of one answer's quality around what was to be expected."""

_KNOWN = 100.0
"""Answers that an arm's prior is worth."""

_DOUBT = 100.0
"""Observations that the learners' own expectations are worth against what was observed."""

_AUDITS_DOUBT = 250.0
"""Audits likewise. A single one is right or wrong, so that it takes this many to tell a mean to
three points, which is about how far the learners err."""

_FADE = 0.999
"""What an observation leaves of the earlier ones."""

_FIRST_STEP, _STEP = 4.0, 1.3
"""The most by which one fit, the first and any later one, changes the weight, up or down."""

_LOWEST, _HIGHEST = 1e-3, 1.0
_FIRST_STEPS, _STEPS = 6, 3

Submit = Callable[[Callable[[], None]], object]
"""Runs something soon."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was known of a request when it was routed: options without cost weights in them.

    Attributes:
        options: the arms' mean qualities and spreads, premium last; `price` is the relative cost.
        latency: what their latencies take off, in units of quality.
        seen: answers that are known of each arm, after forgetting.
    """

    options: tuple[Option, ...]
    latency: tuple[float, ...]
    seen: tuple[float, ...]

    @property
    def doubt(self) -> float:
        """Standard error of the difference between the best known and the least known arm."""
        shares = (1.0 / (_KNOWN + seen) for seen in (max(self.seen), min(self.seen)))
        return _NOISE * sqrt(sum(shares))

    def priced(self, weight: float) -> list[Numbers]:
        """The options at this weight of cost."""
        return [
            (quality, weight * price + wait, spread)
            for (quality, price, spread), wait in zip(self.options, self.latency, strict=True)
        ]


class FixedWeight:
    """A unit of cost is worth the same quality for good."""

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def routed(self, request: Request) -> None:
        """Learn nothing."""

    def answered(self, expected: float, score: float, *, premium: bool) -> None:
        """Learn nothing."""

    def audited(self, expected: float, loss: float) -> None:
        """Learn nothing."""


class QualityTarget(ForkSafe):
    """Moves the weight so that answers keep a share of premium's quality, and no more.

    The weight is solved for on the requests of late: the largest at which the decision rule,
    played over them with what the learners now hold of each, keeps the target. Learners err, and
    most where they were believed, so what was expected of answers is set against what feedback
    said, and what was expected to be lost by not asking premium against what audits said.
    Safe to share between threads.
    """

    def __init__(
        self, target: float, *, cascade: bool = True, submit: Submit = lambda job: job()
    ) -> None:
        """Make it.

        Args:
            target: share of premium's quality to keep, in (0, 1].
            cascade: drafts may be judged and escalated.
            submit: runs a fit, which takes milliseconds; at once by default.
        """
        self._submit = submit
        self.target = target
        self.weight = FIRST_WEIGHT
        self._cascade = cascade
        self._window: deque[Request] = deque(maxlen=WINDOW)
        self._count = 0
        self._cheap, self._premium = _Mean(_DOUBT), _Mean(_DOUBT)
        self._unseen = _Mean(_AUDITS_DOUBT)
        super().__init__()

    def routed(self, request: Request) -> None:
        """Take in a request as it was known when it was routed."""
        with self.lock:
            self._window.append(request)
            self._count += 1
            due = self._count % EVERY == 0
            window = list(self._window) if due else []
        if window:
            self._submit(lambda: self._fit(window))

    def answered(self, expected: float, score: float, *, premium: bool) -> None:
        """Take in what an answer was worth, of which this quality had been expected."""
        with self.lock:
            (self._premium if premium else self._cheap).add(score - expected)

    def audited(self, expected: float, loss: float) -> None:
        """Take in what was lost by not asking premium, of which this loss had been expected.

        Each audit counts once, at whatever rate it was drawn: rates change slowly, and weights
        would make one audit outvote many.
        """
        with self.lock:
            self._unseen.add(loss - expected)

    @override
    def in_child(self) -> None:
        """Keep what was learned: a child's requests are like its parent's."""

    def _fit(self, window: Sequence[Request]) -> None:
        """Solve for the weight; once it is near, a step at a time will do."""
        first = len(window) <= EVERY
        step = _FIRST_STEP if first else _STEP
        least, most = self.weight / step, min(_HIGHEST, self.weight * step)
        if not self._holds(window, least):
            self.weight = max(_LOWEST, least)
            return
        for _ in range(_FIRST_STEPS if first else _STEPS):
            middle = exp((log(least) + log(most)) / 2.0)
            least, most = (middle, most) if self._holds(window, middle) else (least, middle)
        self.weight = min(_HIGHEST, least)

    def _holds(self, window: Sequence[Request], weight: float) -> bool:
        in_hand = MARGIN * window[-1].doubt
        return self._kept(window, weight) >= min(1.0, self.target + in_hand)

    def _kept(self, window: Sequence[Request], weight: float) -> float:
        """The share of premium's quality that the decision rule keeps at this weight."""
        quality = best = shortcuts = 0.0
        for request in window:
            options = request.options
            start, _, _, reached, escalation = best_of(
                options, request.latency, weight, cascade=self._cascade
            )
            quality += reached
            best += options[-1].quality
            if start < len(options) - 1:
                shortcuts += 1.0 - escalation
        share = shortcuts / len(window)
        with self.lock:
            cheap, dear, unseen = self._cheap.value, self._premium.value, self._unseen.value
            trust = self._unseen.trust
        answered = quality / len(window) + share * cheap + (1.0 - share) * dear
        # What premium would have said where it wasn't asked, only audits tell.
        whole = best / len(window) + share * (trust * cheap + unseen) + (1.0 - share) * dear
        return answered / max(whole, 1e-6)


class _Mean:
    """A mean that starts at 0 and forgets."""

    def __init__(self, doubt: float) -> None:
        self._doubt = doubt
        self._sum = self._weight = 0.0

    @property
    def value(self) -> float:
        return self._sum / (self._doubt + self._weight)

    @property
    def trust(self) -> float:
        return self._weight / (self._doubt + self._weight)

    def add(self, number: float) -> None:
        self._sum = self._sum * _FADE + number
        self._weight = self._weight * _FADE + 1.0
