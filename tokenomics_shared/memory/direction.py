"""Finds the same two things in exchanged roles: from A to B, A over B, A causes B."""

from tokenomics_shared.memory.comparison import Comparison
from tokenomics_shared.memory.reading import Reading
from tokenomics_shared.memory.tokens import lemma

_DIRECTED = frozenset(
    "from to into onto than over under per by instead before after without with in of on for as "
    "against above below until between".split()
)
_LONGEST = 14
"""Content words up to which exchanged roles mean another question, not another way to tell it."""
_FREE = frozenset("in per".split())
_PAIRING = frozenset(map(lemma, "replace swap substitute exchange compare mix".split()))
_STRONG = frozenset("from to than over per instead before after by".split())
_OPPOSED = frozenset(
    frozenset(pair.split())
    for pair in (
        "from to|before after|over under|above below|in out|up down|for against|"
        "inside outside|on off"
    ).split("|")
)
_RELATIONS = frozenset(
    map(
        lemma,
        "cause lead result affect influence beat defeat love hate like follow contain include "
        "depend imply require kill eat hit chase invade attack colonize conquer own acquire "
        "replace convert invent hurt prevent trigger produce precede exceed "
        "outperform employ teach marry owe lend sue orbit become equal "
        "predict increase decrease reduce improve block inherit extend implement "
        "fit map hunt fear trust respect visit marry divorce betray save rescue "
        "raise lower worsen drive explain resemble worth".split(),
    )
)


def exchanged(asked: Reading, kept: Reading, together: Comparison) -> str | None:
    """Name the exchange, or None: the two things, as the asked text has them and the other."""
    if not together.pairs or max(len(asked.lemmas), len(kept.lemmas)) > _LONGEST:
        return None
    turned = _turned(asked, kept, together)
    if turned is not None:
        return turned
    first = {one: asked.roles[one] for one, _ in together.pairs}
    second = {one: kept.roles[other] for one, other in together.pairs}
    if not _PAIRING.isdisjoint(asked.lemmas):
        first = {one: role.replace("with", "by") for one, role in first.items()}
        second = {one: role.replace("with", "by") for one, role in second.items()}
    moved = [one for one in first if first[one] != second[one]]
    for one in moved:
        for other in moved:
            if one < other and _crossed((first[one], first[other]), (second[one], second[other])):
                return _said(asked, one, other)
    return _permuted(asked, kept, together) or _around_relation(asked, kept, together)


def _said(asked: Reading, one: int, other: int) -> str:
    return f"{asked.surfaces[one]} and {asked.surfaces[other]} have exchanged roles"


def _crossed(asked: tuple[str, str], kept: tuple[str, str]) -> bool:
    """Whether the two things swapped roles, or a directed role moved from one to the other.

    A weak preposition may come and go with the wording (`a refund for the item`, `return the item
    for a refund`), so that it counts only against another one.
    """
    swapped = asked == kept[::-1] and asked[0] != asked[1]
    if swapped and (_DIRECTED.issuperset(asked) or not _FREE.isdisjoint(asked)):
        return True
    return any(
        role in _STRONG
        and (
            (asked[1] == role != asked[0] and kept[0] == role != kept[1])
            or (asked[0] == role != asked[1] and kept[1] == role != kept[0])
        )
        for role in {*asked, *kept}
    )


def _turned(asked: Reading, kept: Reading, together: Comparison) -> str | None:
    """One thing under the opposite preposition, all else the same: to Boston, from Boston."""
    if together.left or together.right:
        return None
    for one, other in together.pairs:
        roles = frozenset({asked.roles[one], kept.roles[other]})
        if roles in _OPPOSED:
            thing = asked.surfaces[one]
            return f"{asked.roles[one]} {thing} against {kept.roles[other]} {thing}"
    return None


def _permuted(asked: Reading, kept: Reading, together: Comparison) -> str | None:
    """The same words in another order, where the order says who is who (`is a square a ...`)."""
    if _asks_other_side(asked, kept):
        return f"{asked.surfaces[0]} and {asked.surfaces[1]} have exchanged places"
    if asked.words == kept.words or sorted(asked.words) != sorted(kept.words):
        return None
    if not _COORDINATING.isdisjoint(asked.words):
        return None
    articles = sum(word in _ARTICLES for word in asked.words) > 1
    for one, one_kept in together.pairs:
        for other, other_kept in together.pairs:
            before = asked.roles[one], asked.roles[other]
            after = kept.roles[one_kept], kept.roles[other_kept]
            swapped = before == after[::-1] and before[0] != before[1]
            turned = articles and before == after == ("-", "-")
            if one < other and other_kept < one_kept and (swapped or turned):
                return _said(asked, one, other)
    return None


_DOING = frozenset("do does did".split())


def _asks_other_side(asked: Reading, kept: Reading) -> bool:
    """Whether one asks for the subject and one for the object: who beat X, who did X beat."""
    doing = _DOING.isdisjoint(asked.words) != _DOING.isdisjoint(kept.words)
    if not doing or asked.asks != kept.asks or asked.asks[:1] != ("who",):
        return False
    moved = asked.lemmas[:2] == kept.lemmas[1::-1] and asked.lemmas != kept.lemmas
    return moved and sorted(asked.lemmas) == sorted(kept.lemmas)


_COORDINATING = frozenset("and or vs versus between & , equal same".split())
_ARTICLES = frozenset("a an the".split())


def _around_relation(asked: Reading, kept: Reading, together: Comparison) -> str | None:
    """Two things that changed sides around what relates them, unless the verb turned passive."""
    pairs = together.pairs
    if ("by" in asked.roles) != ("by" in kept.roles) or len(pairs) < 3:  # noqa: PLR2004
        return None
    same = sorted(asked.words) == sorted(kept.words)
    for one, other in pairs:
        if not same and asked.lemmas[one] not in _RELATIONS:
            continue
        for before, before_kept in pairs:
            for after, after_kept in pairs:
                if (
                    before < one < after
                    and after_kept < other < before_kept
                    and _bare(asked, before, kept, after_kept)
                    and (asked.roles[after] == kept.roles[before_kept] or not same)
                    and {asked.roles[after], kept.roles[before_kept]} <= _OBJECT
                ):
                    return _said(asked, before, after)
    return None


_OBJECT = frozenset({"-", "of", "to", "on", "in", "from"})


def _bare(asked: Reading, before: int, kept: Reading, after: int) -> bool:
    """Whether both subjects stand free: one under a preposition was moved, not exchanged."""
    return asked.roles[before] == "-" and kept.roles[after] == "-"
