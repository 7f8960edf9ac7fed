"""The fail-open recorder: a fault in one of our parts is counted, and the call goes on."""

import logging
from collections import Counter
from traceback import walk_tb
from types import TracebackType
from typing import Self

from tokenomics_shared.errors import CallFailed, JudgeError
from tokenomics_shared.forks import ForkSafe

_log = logging.getLogger("tokenomics")

_OURS = __name__.partition(".")[0]


class Faults(ForkSafe):
    """Counts faults by part and kind. Safe to share between threads."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        super().__init__()

    def counts(self) -> dict[str, int]:
        """How often each part failed, as `part:ExceptionName`."""
        with self.lock:
            return dict(self._counts)

    def shield(self, part: str) -> "Shield":
        """Swallow and count a part's failure where no request is being traced."""
        return Shield(self, part, [])

    def record(self, part: str, error: Exception) -> str:
        """Count a fault and log it, the first of its kind as a warning; returns its name.

        Only the error's class and place are logged: its text may quote a prompt. A judge's errors
        of ours never do, and say what to mend.
        """
        if isinstance(error, CallFailed):
            # What the provider raised says more than that a call failed.
            error = error.cause
        name = f"{part}:{type(error).__name__}"
        with self.lock:
            self._counts[name] += 1
            level = logging.WARNING if self._counts[name] == 1 else logging.DEBUG
        told = f": {error}" if isinstance(error, JudgeError) else ""
        kind = type(error).__name__
        _log.log(level, "%s failed with %s at %s%s", part, kind, _place(error), told)
        return name


class Shield:
    """Swallows any exception of its block, records it, and notes it in a trace."""

    __slots__ = ("_faults", "_part", "_trace")

    def __init__(self, faults: Faults, part: str, trace: list[str]) -> None:
        self._faults = faults
        self._part = part
        self._trace = trace

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._trace.append(f"fault:{self._faults.record(self._part, error)}")
        return True


def _place(error: Exception) -> str:
    """Where it was raised, and before that where code that is not ours was entered."""
    entered = raised = ""
    for frame, line in walk_tb(error.__traceback__):
        raised = f"{frame.f_code.co_filename}:{line}"
        if str(frame.f_globals.get("__name__")).partition(".")[0] == _OURS:
            entered = ""
        else:
            entered = entered or raised
    if entered in {"", raised}:
        return raised or "an unknown place"
    return f"{entered} (raised at {raised})"
