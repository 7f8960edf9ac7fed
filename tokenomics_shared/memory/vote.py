"""The neighbours' vote: do the nearest stored prompts agree on one answer?

A nearest neighbour alone is a poor witness: with one embedding threshold, how often it is wrong
runs from one hit in three hundred to one in three by the kind of traffic. Stored prompts whose
answers were found equal form a group, and several prompts of one group around the asked one,
with none of another group among them, say much more than a high cosine does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Final

MOST_NEIGHBOURS: Final = 20
"""Neighbours that are looked at, the nearest ones; more never changed a decision."""

LEAST_SIMILARITY: Final = 0.60
"""Below this cosine of the nearest neighbour nobody is elected, whatever a policy would say."""

MOST_WITNESSES: Final = 5
"""More witnesses than this count as this many."""

_SHARPNESS: Final = 20.0
"""A vote weighs exp(_SHARPNESS * (cosine - 1)): one at .95 weighs as much as e at .90."""

_BLUNTNESS: Final = 8.0
"""The sharpness of a second count, in which far neighbours have more of a say."""

_ABSTENTION: Final = exp(_SHARPNESS * (0.70 - 1.0))
"""The weight of a neighbour at cosine .70 that votes for nobody: far neighbours prove little."""

FEATURES: Final = (
    "cosine",
    "top_cosine",
    "share",
    "support",
    "witnesses",
    "margin",
    "mean_of_three",
    "second_cosine",
    "blunt_share",
    "leading",
)
"""What a ballot's numbers are, in order.

cosine: of the winner's nearest member. top_cosine: of the nearest neighbour of any group. share:
the winner's part of all weight, in (0, 1]. support: the same with an abstention counted.
witnesses: the winner's members among the neighbours, 1 to MOST_WITNESSES. margin: cosine less
that of the nearest member of another group, in [-1, 1]; without another group, less
LEAST_SIMILARITY. mean_of_three: mean cosine of the three nearest neighbours. second_cosine: of
the winner's second member, 0 without. blunt_share: as share, with far neighbours weighing more.
leading: neighbours of the winner that are nearer than any of another group, 0 to MOST_WITNESSES.
"""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A stored prompt near the asked one.

    Attributes:
        entry: the stored prompt.
        group: the answers judged equal to its own.
        similarity: cosine with the asked prompt, in [-1, 1].
    """

    entry: int
    group: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Ballot:
    """The group that won, and how.

    Attributes:
        group: the winner.
        entry: the winner's member nearest to the asked prompt.
        similarity: that member's cosine.
        witnesses: the winner's members among the neighbours, not capped.
        members: their entries, nearest first.
        features: numbers named by FEATURES.
    """

    group: int
    entry: int
    similarity: float
    witnesses: int
    members: tuple[int, ...]
    features: tuple[float, ...]


def elect(neighbours: Sequence[Neighbour]) -> Ballot | None:
    """Let the neighbours vote for the group whose answer fits.

    Args:
        neighbours: nearest first; those after the MOST_NEIGHBOURS nearest are left out.

    Returns:
        None when there is no neighbour with cosine LEAST_SIMILARITY or more.
    """
    if not neighbours or neighbours[0].similarity < LEAST_SIMILARITY:
        return None
    heard = neighbours[:MOST_NEIGHBOURS]
    weights: dict[int, float] = {}
    for neighbour in heard:
        weight = exp(_SHARPNESS * (neighbour.similarity - 1.0))
        weights[neighbour.group] = weights.get(neighbour.group, 0.0) + weight
    # Ties go to the group heard first, which is the nearer one.
    group = max(weights, key=weights.__getitem__)
    members = [neighbour for neighbour in heard if neighbour.group == group]
    total = sum(weights.values())
    shares = weights[group] / total, weights[group] / (total + _ABSTENTION)
    return Ballot(
        group=group,
        entry=members[0].entry,
        similarity=members[0].similarity,
        witnesses=len(members),
        members=tuple(member.entry for member in members),
        features=_features(heard, members, shares),
    )


def _features(
    heard: Sequence[Neighbour], members: Sequence[Neighbour], shares: tuple[float, float]
) -> tuple[float, ...]:
    group, nearest = members[0].group, members[0].similarity
    others = [neighbour for neighbour in heard if neighbour.group != group]
    rival = others[0].similarity if others else LEAST_SIMILARITY
    top = [neighbour.similarity for neighbour in heard[:3]]
    return (
        nearest,
        heard[0].similarity,
        *shares,
        float(min(len(members), MOST_WITNESSES)),
        nearest - rival,
        sum(top) / len(top),
        members[1].similarity if len(members) > 1 else 0.0,
        _blunt_share(heard, members),
        float(_leading(heard, group)),
    )


def _blunt_share(heard: Sequence[Neighbour], members: Sequence[Neighbour]) -> float:
    def weigh(voters: Sequence[Neighbour]) -> float:
        return sum(exp(_BLUNTNESS * (voter.similarity - 1.0)) for voter in voters)

    return weigh(members) / weigh(heard)


def _leading(heard: Sequence[Neighbour], group: int) -> int:
    """Members of the winner that are nearer than any other group's."""
    nearest = heard[:MOST_WITNESSES]
    for place, neighbour in enumerate(nearest):
        if neighbour.group != group:
            return place
    return len(nearest)
