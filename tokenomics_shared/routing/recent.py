"""Samples of the process alone: where nothing is kept beyond it, a file would be a detour."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from typing_extensions import override

from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.learning import Graded, Sample, Source

MOST: Final = 10_000
"""Samples kept; about a kilobyte each. The oldest leave first."""


class RecentSamples(ForkSafe):
    """Keeps the latest samples until the process ends. Safe to share between threads."""

    def __init__(self, most: int = MOST) -> None:
        """Make it; `most` samples are kept, at least 1."""
        self._most = most
        self._samples: OrderedDict[str, Sample] = OrderedDict()
        self._grades: OrderedDict[tuple[str, Source], tuple[float, float]] = OrderedDict()
        super().__init__()

    def put(self, sample: Sample) -> None:
        """Keep a sample."""
        with self.lock:
            self._samples[sample.request_id] = sample
            if len(self._samples) > self._most:
                self._samples.popitem(last=False)

    def get(self, request_id: str) -> Sample | None:
        """The sample of an answer; None when it left."""
        return self._samples.get(request_id)

    def grade(
        self,
        request_id: str,
        score: float,
        source: Source,
        at: float,  # noqa: ARG002 -- port
        weight: float = 1.0,
    ) -> None:
        """Keep what an answer was found to be worth; the last finding of a source counts."""
        with self.lock:
            self._grades[request_id, source] = (score, weight)
            self._grades.move_to_end((request_id, source))
            if len(self._grades) > self._most:
                self._grades.popitem(last=False)

    def is_graded(self, request_id: str, source: Source) -> bool:
        """Whether this source has graded an answer."""
        return (request_id, source) in self._grades

    def graded(self) -> Iterator[Graded]:
        """Everything that was graded, in the order of its grading."""
        with self.lock:
            found = [(self._samples.get(key[0]), key[1], *of) for key, of in self._grades.items()]
        for sample, source, score, weight in found:
            if sample is not None:
                yield Graded(sample, score, source, weight)

    def flush(self) -> None:
        """Nothing is ever pending."""

    def close(self) -> None:
        """Nothing is ever pending."""

    @override
    def in_child(self) -> None:
        """A child goes on with what the parent knew."""


class NoSamples:
    """Keeps nothing: where nothing is learned, feedback has nowhere to go."""

    def put(self, sample: Sample) -> None:
        """Keep nothing."""

    def get(self, request_id: str) -> Sample | None:  # noqa: ARG002 -- port
        """There is none."""
        return None

    def grade(
        self, request_id: str, score: float, source: Source, at: float, weight: float = 1.0
    ) -> None:
        """Keep nothing."""

    def is_graded(self, request_id: str, source: Source) -> bool:  # noqa: ARG002 -- port
        """Nothing is."""
        return False

    def graded(self) -> Iterator[Graded]:
        """Nothing is."""
        return iter(())

    def flush(self) -> None:
        """Nothing is ever pending."""

    def close(self) -> None:
        """Nothing is ever pending."""
