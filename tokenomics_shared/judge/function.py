"""A function as a judge."""

import inspect
import math
from collections.abc import Callable

from tokenomics_shared.errors import ConfigError, JudgeError
from tokenomics_shared.types import Prompt, Reply, Verdict


class FunctionJudge:
    """Judges by a function of the user's: `(question, answer) -> score` in [0, 1], or a bool.

    The function may block; async callers run it in a thread.
    """

    blocking = True

    def __init__(self, function: Callable[[str, str], float], threshold: float) -> None:
        """Make a judge of the function.

        Args:
            function: judges.
            threshold: score from which an answer is accepted, 0 to 1.

        Raises:
            ConfigError: the function can't be called so, or is async.
        """
        self._name = _name(function)
        _refuse_other_signature(function, self._name)
        self._function = function
        self._threshold = threshold

    def judge(self, prompt: Prompt, reply: Reply) -> Verdict:
        """Judge the answer together with its question.

        Raises:
            JudgeError: the function gave no number in [0, 1].
        """
        given = self._function(prompt.question, reply.text)
        try:
            score = float(given)
        except (TypeError, ValueError):
            raise JudgeError(
                f"judge {self._name} must give a score from 0 to 1, gave {type(given).__name__}"
            ) from None
        if not 0.0 <= score <= 1.0 or math.isnan(score):
            raise JudgeError(f"judge {self._name} must give a score from 0 to 1, gave {score!r}")
        accepted = score >= self._threshold
        reason = "" if accepted else f"judged {score:.2f} under {self._threshold:.2f}"
        return Verdict(accepted, score, reason)


def _name(function: Callable[..., object]) -> str:
    """The function's name and place."""
    title = getattr(function, "__qualname__", type(function).__name__)
    code = getattr(function, "__code__", None)
    return title if code is None else f"{title} ({code.co_filename}:{code.co_firstlineno})"


def _refuse_other_signature(function: Callable[..., object], name: str) -> None:
    if inspect.iscoroutinefunction(function):
        raise ConfigError(f"judge {name} is async; give a plain function, which may block")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # Some functions that are not written in Python don't tell.
    try:
        signature.bind("question", "answer")
    except TypeError as error:
        raise ConfigError(f"judge {name} must take (question, answer): {error}") from None
