"""The audited bound: how likely an answer must be to be served from memory."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

from tokenomics_shared.errors import ConfigError
from tokenomics_shared.memory.audits import Auditor, JudgeRecord
from tokenomics_shared.memory.interval import borrow, combine, scaled, upper_bounds, wilson
from tokenomics_shared.memory.tally import BINS, Tally, bin_of, edge
from tokenomics_shared.memory.tolerance import Estimate, Evidence, Tolerance

TWO_IN_A_HUNDRED: Final = Tolerance()
"""The limit where none is given."""

NEVER: Final = 2.0
"""A threshold that no likelihood reaches."""

FORMAT: Final = 1
"""The layout of a kept state; another one is refused."""

_BORROWED = 3000.0
"""Labels that the evidence and the other partitions count for, at most."""

_VICINITY = 8
"""Bins below the threshold whose labels still say something about what is above."""

_PATIENCE = 0.5
"""The threshold may fall by a bin after this many times the labels in which, at the limit, one is
wrong."""

_MOST_LABELS = 20_000.0
"""Labels of a partition after which the old ones count half: traffic drifts."""

_MOST_PARTITIONS = 256
"""Partitions with a record of their own; the one longest without a label loses its."""


@dataclass(slots=True)
class _Record:
    """What a partition learnt.

    Attributes:
        tally: its labels.
        level: the bin whose lower edge is its threshold; BINS for none.
        waited: labels since the level last fell or rose.
    """

    tally: Tally
    level: int
    waited: int = 0


class AuditedBound:
    """Keeps the rate of wrong answers among hits below a limit, for each partition.

    The threshold is the least likelihood such that, with the given confidence, of the requests
    at or above it no more than `max_false_hit_rate` have a wrong answer elected. Every miss
    labels, at no cost, the answer that was not served; hits are labelled when they are audited,
    a small share drawn at random, more of the doubtful ones. Requests are counted by bins of
    likelihood: a bin's rate is estimated from its labels, and weighs as all its requests do,
    however many of them were drawn (post-stratification; Cochran, Sampling Techniques, ch.
    5A). A bin starts from the evidence that comes with the verifier and from what other
    partitions learnt, as pseudo-labels, scaled by how many wrong answers the partition met for
    each that they let expect. The bound is Wilson's, at the effective number of labels.

    Guarantee: at any one time, with probability `confidence`, the expected rate of wrong answers
    among hits at the present threshold is at most `max_false_hit_rate`, provided that
    1. within a bin, requests to come are like the labelled ones: traffic changes slower than
       labels are forgotten (they halve after 20,000);
    2. every miss and every drawn audit is learnt, and only those;
    3. the judge of labels errs as often as `learn_judge` was told, in every bin alike;
    4. until the partition's own labels outweigh the borrowed ones (3,000 at most), those are,
       once scaled, no rosier than its traffic.
    The bound is approximate. It holds for each moment, not for all moments at once, and for the
    rate in the long run, not for each hundred hits. Nothing is ever served below the threshold
    in order to learn. The threshold rises at once and falls slowly, by a bin (an eighth of a
    unit of log-odds) after half as many labels as have one wrong among them at the limit.

    Not safe to share between threads: the caller locks.
    """

    def __init__(
        self,
        evidence: Evidence,
        draw: Callable[[], float],
        tolerance: Tolerance = TWO_IN_A_HUNDRED,
    ) -> None:
        """Start from what is known.

        Args:
            evidence: comes with the verifier; zeros for none: then nothing is served before
                enough misses are labelled.
            draw: uniform random numbers in [0, 1), such as `random.Random(seed).random`.
            tolerance: the limit.
        """
        self._evidence = evidence
        self._tolerance = tolerance
        self._z = NormalDist().inv_cdf(tolerance.confidence)
        self._auditor = Auditor(tolerance.audit_rate, draw)
        self._judge = JudgeRecord()
        self._all = Tally()
        self._records: OrderedDict[bytes, _Record] = OrderedDict()
        self._first_level = self._aim(Tally(), 0)

    def threshold(self, partition: bytes) -> float:
        """The likelihood from which an answer may be served; NEVER when none is enough."""
        record = self._records.get(partition)
        level = self._first_level if record is None else record.level
        return edge(level) if level < BINS else NEVER

    def wants_audit(self, partition: bytes, likelihood: float) -> bool:
        """Count a hit and draw whether to ask for a fresh answer to compare it with.

        To be called once for each hit, after it was served; when it says yes, `learn` follows
        with `audited=True`.
        """
        place = bin_of(likelihood)
        if place is None:
            return False
        for tally in (self._all, self._record(partition).tally):
            tally.seen[place] += 1.0
            tally.hits[place] += 1.0
        return self._auditor.wants(place)

    def learn(self, partition: bytes, likelihood: float, right: bool, *, audited: bool) -> None:  # noqa: FBT001 -- a label
        """Learn whether an elected answer was right, by comparing it with a fresh one.

        Args:
            partition: where it was elected.
            likelihood: that it was right, as the verifier said then.
            right: what the judge says.
            audited: it was served and `wants_audit` asked; otherwise it was a miss.
        """
        place = bin_of(likelihood)
        if place is None:
            return
        record = self._record(partition)
        for tally in (self._all, record.tally):
            tally.seen[place] += not audited
            tally.audits[place] += audited
            tally.audited_wrong[place] += audited and not right
            tally.label(place, right=right)
        self._settle(record, alarmed=audited and not right)

    def contest(self, partition: bytes, likelihood: float) -> None:
        """Learn that a hit which was not drawn was wrong: somebody says so.

        Only wrong ones are reported, so this makes the estimate worse than the truth.
        """
        place = bin_of(likelihood)
        if place is None:
            return
        record = self._record(partition)
        for tally in (self._all, record.tally):
            tally.label(place, right=False)
        self._settle(record, alarmed=True)

    def learn_judge(self, *, same: bool, said_same: bool) -> None:
        """Learn what the judge said of two answers that are known to agree, or known not to."""
        self._judge.learn(same=same, said_same=said_same)

    def estimate(self, partition: bytes | None = None) -> Estimate:
        """How often hits were wrong, in one partition or in all."""
        own = self._all if partition is None else self._tally(partition)
        bins = combine(self._borrowed(own, 0), own)
        hits = sum(own.hits)
        rate = variance = 0.0
        for place, here in enumerate(bins):
            part = own.hits[place] / hits if hits else 0.0
            bad = here.wrong / here.labels if here.labels else 0.0
            rate += part * bad
            variance += part * part * bad * (1.0 - bad) / (here.labels + 1.0)
        low, high = (wilson(rate, variance, hits, z) for z in (-self._z, self._z))
        true = self._judge.true
        return Estimate(
            false_hit_rate=true(rate),
            low=true(low),
            high=true(high),
            hits=round(hits),
            audits=round(sum(own.audits)),
            wrong=round(sum(own.audited_wrong)),
        )

    def state(self) -> dict[str, Any]:
        """All that was learnt, for JSON."""
        return {
            "format": FORMAT,
            "version": self._evidence.version,
            "all": self._all.state(),
            "auditor": self._auditor.state(),
            "judge": self._judge.state(),
            "partitions": {
                name.hex(): [record.level, record.tally.state()]
                for name, record in self._records.items()
            },
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave; on an error everything stays as it was.

        Raises:
            ConfigError: it is of another format, of another verifier, or broken.
        """
        wanted = (FORMAT, self._evidence.version)
        try:
            found = (state["format"], state["version"])
            if found != wanted:
                raise ConfigError(
                    f"the bound's state has format and version {found}, not {wanted}"
                )
            everything, judge = Tally.restore(state["all"]), JudgeRecord.restore(state["judge"])
            records = OrderedDict(
                (bytes.fromhex(name), _restored(*kept))
                for name, kept in state["partitions"].items()
            )
            self._auditor.restore(state["auditor"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ConfigError(f"not a bound's state: {error!r}") from error
        except ValueError as error:
            raise ConfigError(str(error)) from error
        self._all, self._judge, self._records = everything, judge, records
        self._first_level = self._aim(Tally(), 0)

    def _tally(self, partition: bytes) -> Tally:
        record = self._records.get(partition)
        return Tally() if record is None else record.tally

    def _record(self, partition: bytes) -> _Record:
        record = self._records.get(partition)
        if record is None:
            self._first_level = self._aim(Tally(), 0)
            record = self._records[partition] = _Record(Tally(), self._first_level)
            if len(self._records) > _MOST_PARTITIONS:
                self._records.popitem(last=False)
        self._records.move_to_end(partition)
        return record

    def _settle(self, record: _Record, *, alarmed: bool) -> None:
        """Raise the threshold at once where labels ask for it, lower it now and then."""
        record.waited += 1
        if not alarmed and record.waited < _PATIENCE / self._tolerance.max_false_hit_rate:
            return
        for tally in (self._all, record.tally):
            if sum(tally.labels) > _MOST_LABELS:
                tally.halve()
        aim = self._aim(record.tally, record.level)
        least = record.level + 1 if alarmed else record.level - 1
        record.level, record.waited = min(BINS, max(aim, least)), 0

    def _aim(self, own: Tally, level: int) -> int:
        """The lowest bin from which upwards the limit is kept."""
        bins = combine(self._borrowed(own, max(0, level - _VICINITY)), own)
        for place, bound in enumerate(upper_bounds(bins, self._z)):
            if self._judge.true(bound) <= self._tolerance.max_false_hit_rate:
                return place
        return BINS

    def _borrowed(self, own: Tally, since: int) -> list[tuple[float, float]]:
        seen = self._judge.seen
        evidence = [(n, n * seen(bad / n) if n else 0.0) for n, bad in self._evidence.bins]
        return scaled(borrow(evidence, self._all, own, _BORROWED), own, since)


def _restored(level: int, tally: list[list[float]]) -> _Record:
    if not 0 <= level <= BINS:
        raise ValueError(f"a threshold's bin is in 0 to {BINS}, not {level}")
    return _Record(Tally.restore(tally), level)
