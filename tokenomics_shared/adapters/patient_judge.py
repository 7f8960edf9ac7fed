"""A judge that may hang, asked by threads that may be given up."""

from tokenomics_shared.adapters.timed import MAX_STUCK, MAX_THREADS, Timed
from tokenomics_shared.judge.panel import Selective
from tokenomics_shared.ports import Judge
from tokenomics_shared.types import Prompt, Reply, Verdict


class PatientJudge:
    """Waits for a judge no longer than it may.

    Attributes:
        selective: the others decide when it abstains, as the judge it stands for says.
    """

    blocking = True

    def __init__(
        self,
        judge: Judge,
        timeout_s: float = 30.0,
        *,
        max_threads: int = MAX_THREADS,
        max_stuck: int = MAX_STUCK,
    ) -> None:
        """Put a time limit on a judge.

        Args:
            judge: what may hang.
            timeout_s: seconds that a verdict may take, waiting for its turn included.
            max_threads: verdicts that are made at once, those given up included; at least 1.
            max_stuck: verdicts given up, from which on all further ones fail at once; at least 1.
        """
        self.selective = isinstance(judge, Selective) and judge.selective
        self._judge = judge
        self._timed = Timed("judge", timeout_s, max_threads=max_threads, max_stuck=max_stuck)

    def judge(self, prompt: Prompt, reply: Reply) -> Verdict:
        """The judge's own verdict.

        Raises:
            TimeoutError: it took too long, or too many earlier ones still do.
        """
        return self._timed.within(lambda: self._judge.judge(prompt, reply))
