"""What a query asks for: its terms, and which end of which numbers."""

import math
import re
from collections.abc import Callable, Sequence
from functools import cached_property

_TERM = re.compile(r"[^\W_](?:[\w.\-/:@#+]*\w)?")
_CAMEL = re.compile(r"[^\W_]+")
_SHORT = 3
"""Characters up to which a word is only looked for where words begin."""
_STOP = frozenset(
    "a about after all also am an and any are as at be been before being between both but by can"
    " could did do does doing done each find for from get give had has have having he her here him"
    " his how i if in into is it its just let list me more my no not of on one only or our out"
    " please see she should show so some tell than that the their them then there these they this"
    " those through to us was we were what when where which while who whom whose why will with"
    " would you your".split()
)
_ENDING = re.compile(r"(?:ings?|ed|es|s|ly|ion|ions|er|est|y|ies|e)$")
_MOST = frozenset(
    "largest biggest highest most max maximum slow slowest longest expensive priciest top greatest"
    " peak worst heaviest busiest big large huge high long hot hottest oldest overloaded unusual"
    " unusually exceeds exceeded spike spiked leaking full fullest hungriest loudest richest"
    " abnormal anomalous outlier outlying costliest hog saturated".split()
)
_LEAST = frozenset(
    "smallest lowest least min minimum fast fastest shortest cheapest fewest low small short cold"
    " coldest bottom youngest lightest quickest poorest unusual unusually depleted empty idle"
    " abnormal anomalous outlier outlying".split()
)
_LATEST = frozenset("latest newest recent recently last current".split())
_EARLIEST = frozenset("earliest oldest first original".split())
_FAULT = frozenset(
    "fail fails failed failing failure failures error errors erroneous wrong broken break broke"
    " problem problems issue issues down crash crashed crashing exception exceptions fault faulty"
    " bug reject rejected denied refused unhealthy incident outage cause caused abort aborted"
    " stuck dead died restart restarting trouble unsuccessful unable".split()
)
_NEAR = {
    "slow": "latency duration time ms elapsed response seconds wait p50 p95 p99 took rt rtt delay",
    "fast": "latency duration time ms elapsed response seconds wait p50 p95 p99 took rt rtt",
    "long": "latency duration time ms elapsed seconds length wait age runtime",
    "short": "latency duration time ms elapsed seconds length wait age runtime",
    "expensive": "price cost amount total value fee usd eur",
    "cheap": "price cost amount total value fee usd eur",
    "cost": "price cost amount total value fee usd eur",
    "price": "price cost amount total value fee usd eur",
    "large": "size bytes amount total count value area volume quantity length",
    "big": "size bytes amount total count value area volume quantity",
    "small": "size bytes amount total count value area volume quantity",
    "hot": "temp temperature celsius heat cpu",
    "cold": "temp temperature celsius",
    "heavy": "weight kg mass load",
    "full": "used use usage capacity percent disk",
    "busy": "requests rps qps load cpu connections count hits",
    "memory": "mem rss memory heap",
    "leak": "mem rss memory heap",
    "spend": "amount total cost value price",
    "old": "age created date year since",
}


_READ = 4000
"""Characters of a query that are read, and of prose that may answer it."""
_ANSWERS = tuple(
    (re.compile(rf"\b(?:{asks})\b", re.IGNORECASE), re.compile(answers).search)
    for asks, answers in (
        (
            "how much|costs?|prices?|fees?|pay|charges?|expensive|cheap|salary|revenue|budget",
            r"[$\u20ac\u00a3]\s?\d|\d\s?(?:euros?|dollars?|pounds?|USD|EUR|GBP|million|billion)\b",
        ),
        (
            "how long|duration|how often|deadline|wait|last|days|hours|weeks|period",
            r"(?:\d|one|two|three|four|five|six|seven|eight|ten|twelve)[ -]?(?:ms|seconds?"
            r"|minutes?|hours?|h|days?|weeks?|months?|years?)\b",
        ),
        (
            "when|what year|which year|date|since|founded|released|opened|born",
            r"\b(?:1[5-9]|20)\d\d\b|\b\d{1,2}(?:[a-z]{2})? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug"
            r"|Sep|Oct|Nov|Dec)|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d",
        ),
        (
            "who|whom|whose",
            r"[a-z,;(] (?:Dr\.? )?[A-Z][a-z]+ (?:[A-Z]\. )?[A-Z][a-z]+|^[A-Z][a-z]+ [A-Z][a-z]+ ",
        ),
        (
            "how many|how far|how (?:big|tall|high|deep|fast|heavy)|number|maximum|minimum|limit"
            "|dose|rate|population|distance|percentage|capacity",
            r"\d[\d,.]*\s?(?:%|[a-zA-Z]+)",
        ),
        (
            "maximum|max|limit|at most|allowed|up to",
            r"\b(?:more than|up to|at most|maximum|exceed|limit|no longer than)\b",
        ),
        (
            r"can|may|should|must|safe|allowed|(?:is it|am i|are we) \w+",
            r"\b(?:should|must|may|avoid|never|risks?|safe|unsafe|allowed|permitted|prohibited"
            r"|recommended|do not|don't|cannot)\b",
        ),
        ("versions?|release", r"(?<![\w.])v?\d+\.\d+(?:\.\d+)?(?![\w])"),
        (
            "how (?:do|to|can)|command|option|setting|configure",
            r"\w\(|\w=|`|--\w|\bset |\buse |\brun ",
        ),
        (
            "why|reason|cause",
            r"\b(?:because|due to|caused by|since|owing to|therefore|result of)\b",
        ),
    )
)
"""What questions ask for, and what their answers have."""


class Wanted:
    """A query, read once for many texts."""

    def __init__(self, query: str) -> None:
        """Read a query; an empty one wants nothing in particular."""
        self._query = query[:_READ]
        words = [word.casefold() for word in _TERM.findall(self._query)]
        plain = dict.fromkeys(part for word in words for part in _CAMEL.findall(word))
        self._words = frozenset(plain)
        self.exact = tuple(dict.fromkeys(w for w in words if not w.isalpha() and len(w) > 1))
        """Identifiers and numbers, which are looked for whole."""
        self.stems = tuple(
            dict.fromkeys(stem(w) for w in plain if w.isalpha() and w not in _STOP and len(w) > 1)
        )
        asking = [found[0] for asks, _ in _ANSWERS if (found := asks.search(self._query))]
        self._asking = frozenset(
            stem(part) for phrase in asking for part in _CAMEL.findall(phrase.casefold())
        )
        self.most = bool(self._words & _MOST)
        self.least = bool(self._words & _LEAST)
        self.latest = bool(self._words & _LATEST)
        self.earliest = bool(self._words & _EARLIEST)
        self.fault = bool(self._words & _FAULT)

    @cached_property
    def _columns(self) -> frozenset[str]:
        """Stems of column names that are asked about, by name or by what people say of them."""
        near = (
            name
            for word, names in _NEAR.items()
            if stem(word) in self.stems
            for name in names.split()
        )
        return frozenset((*self.stems, *map(stem, near)))

    def names(self, column: str) -> bool:
        """Whether the query is about a column, as its name is put together."""
        return not self._columns.isdisjoint(_name_stems(column))

    def answers(self, texts: Sequence[str]) -> list[float]:
        """How much prose has of what answers such a question: money, times, dates, names.

        What most of the texts have tells nothing, as with terms.
        """
        scores = [0.0] * len(texts)
        for asks, answers in _ANSWERS:
            if asks.search(self._query):
                _credit(
                    scores, [at for at, text in enumerate(texts) if answers(text[:_READ])], 1.6
                )
        return scores

    def matches(self, texts: Sequence[str]) -> list[float]:
        """How well each of the texts answers to the query's terms, 0 to 10.

        Terms weigh by how few of the texts have them (Robertson's inverse document frequency),
        those with digits or joints more, longer texts less, as in BM25.
        """
        scores = [0.0] * len(texts)
        if not texts or not (self.exact or self.stems):
            return scores
        folded = [text.casefold() for text in texts]
        for term in self.exact:
            whole = _whole(term)
            found = [at for at, text in enumerate(folded) if term in text and whole(text)]
            _credit(scores, found, 2.0)
        for term in self.stems:
            if len(term) > _SHORT:
                found = [at for at, text in enumerate(folded) if term in text]
            else:
                begins = re.compile(rf"(?<![^\W_]){re.escape(term)}").search
                found = [at for at, text in enumerate(folded) if term in text and begins(text)]
            _credit(scores, found, 0.5 if term in self._asking else 1.0)
        mean = sum(map(len, texts)) / len(texts) or 1.0
        return [
            score and 10.0 * -math.expm1(-score / (2.8 + 1.2 * len(text) / mean))
            for score, text in zip(scores, texts, strict=True)
        ]


def stem(word: str) -> str:
    """A word without its ending, so that its forms are found by what they begin with."""
    short = _ENDING.sub("", word)
    return short if len(short) >= _SHORT else word


def _name_stems(column: str) -> frozenset[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    return frozenset(stem(part.casefold()) for part in _CAMEL.findall(parted))


def _whole(term: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(rf"(?<![^\W_]){re.escape(term)}(?![^\W_])").search


def _credit(scores: list[float], found: Sequence[int], weight: float) -> None:
    rarity = math.log((len(scores) + 0.5) / (len(found) + 0.5))
    if found and rarity > 0:
        for at in found:
            scores[at] += weight * rarity
