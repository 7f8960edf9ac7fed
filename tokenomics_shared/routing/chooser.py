"""What chooses a start and learns of it: the port between the router and its policies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tokenomics_shared.bandit.shared import Learned
from tokenomics_shared.learning import Answered, Context, Lesson, Price, Route, Sample
from tokenomics_shared.types import Prompt, QueryPlan, Roster, Strategy, Verdict


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to be routed.

    Attributes:
        arms: those that may be asked, cheapest first, premium last.
        context: what is known of the question.
    """

    prompt: Prompt
    plan: QueryPlan
    roster: Roster
    arms: tuple[Strategy, ...]
    context: Context


class Chooser(Protocol):
    """Chooses a start and learns how it turned out. Safe to share between threads."""

    def choose(self, asked: Asked) -> Route:
        """Choose; what was asked before may be asked again with fewer arms."""
        ...

    def stands(self, route: Route, roster: Roster, arm: Strategy, verdict: Verdict) -> Verdict:
        """Have the last word on a draft that a judge looked at."""
        ...

    def answered(self, answered: Answered, price: Price) -> Lesson:
        """Take in how a request was answered."""
        ...

    def graded(self, sample: Sample, score: float, weight: float) -> float:
        """Take in what an answer was worth, 0 to 1; gives what had been expected of it."""
        ...

    def compared(self, answered: Answered, arm: Strategy, loss: float, weight: float) -> None:
        """Take in what an arm's answer lost against premium's."""
        ...

    def audited(self, sample: Sample, best: str, score: float, weight: float) -> None:
        """Take in what premium's answer was worth where another one was given.

        Args:
            sample: the one that was given.
            best: premium, as learners name it.
            score: what its answer was worth, 0 to 1.
            weight: answers that it stands for.
        """
        ...

    def allowed(self) -> float:
        """Quality that a cheaper answer may lose against premium's, on average."""
        ...

    @property
    def learners(self) -> Mapping[str, Learned]:
        """What is learned, by the name it is kept under."""
        ...


def name_of(arm: Strategy, roster: Roster) -> str:
    """The arm as learners name it: what was learned of one model says nothing of another."""
    return f"{arm.arm_id}|{roster.tiers[arm.tier].model}"


def places(arms: Sequence[Strategy], roster: Roster) -> dict[str, float]:
    """The arms' names with their places among all arms, 0 for the cheapest and 1 for premium."""
    most = len(roster.arms) - 1
    if most == 0:
        return {name_of(arms[0], roster): 1.0}
    if arms is roster.arms:
        return {name_of(arm, roster): place / most for place, arm in enumerate(arms)}
    order = {arm.arm_id: place for place, arm in enumerate(roster.arms)}
    return {name_of(arm, roster): order[arm.arm_id] / most for arm in arms}
