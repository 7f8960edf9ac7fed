"""A model as judge."""

from collections.abc import Mapping
from typing import Any

from tokenomics_shared.effects import Steps
from tokenomics_shared.judge.asking import ask_json, unit
from tokenomics_shared.judge.quoting import AS_DATA, conversation, quoted
from tokenomics_shared.ports import Account
from tokenomics_shared.types import Message, Prompt, Reply, Strategy, Verdict

RUBRIC = """\
1.0: right, complete, and in the form that was asked for.
0.7: right in what matters; something minor is missing or loosely put.
0.4: partly right; something that matters is wrong or missing.
0.0: wrong, off the question, made up, or refused without need."""
"""What the scores mean when the user doesn't say."""

_MAX_TOKENS = 300
_MAX_REASON = 200

_TASK = """\
You judge whether an answer is good enough to be given to whoever asked. Work the question out \
for yourself first; do not trust the answer's tone or length. Score from 0 to 1:
{rubric}
{as_data}
Reply with one JSON object and nothing else: {{"reason": "<one sentence>", "score": <0 to 1>}}"""


class LLMJudge:
    """Asks a model how good an answer is, by a rubric.

    When its reply can't be read it is asked once more, and then the judge abstains.
    """

    def __init__(self, strategy: Strategy, threshold: float = 0.7, rubric: str = RUBRIC) -> None:
        """Make the judge.

        Args:
            strategy: the arm that judges.
            threshold: score from which an answer is accepted, 0 to 1.
            rubric: what the scores mean, in the words the model will read.
        """
        self._strategy = strategy
        self._threshold = threshold
        self._task = _TASK.format(rubric=rubric.strip(), as_data=AS_DATA)

    def ask(self, prompt: Prompt, reply: Reply, account: Account) -> Steps[Verdict]:
        """Judge the answer together with its question, charged to the account.

        Raises:
            CallFailed: the model did not answer.
        """
        given = yield from ask_json(self._strategy, self._prompt(prompt, reply), _read, account)
        if given is None:
            return Verdict(False, 0.0, "the judge's reply can't be read", abstained=True)
        score, why = given
        accepted = score >= self._threshold
        reason = "" if accepted else f"judged {score:.2f} under {self._threshold:.2f}: {why}"
        return Verdict(accepted, score, reason)

    def _prompt(self, prompt: Prompt, reply: Reply) -> Prompt:
        shown = f"{quoted('question', conversation(prompt))}\n\n{quoted('answer', reply.text)}"
        turns = (Message("system", self._task), Message("human", shown))
        return Prompt(turns, max_tokens=_MAX_TOKENS)


def _read(given: Mapping[str, Any]) -> tuple[float, str] | None:
    score = unit(given.get("score"))
    why = given.get("reason")
    return None if score is None else (score, why[:_MAX_REASON] if isinstance(why, str) else "")
