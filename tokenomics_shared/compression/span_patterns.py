"""What must survive shortening, as patterns that read a text once.

No pattern can try one stretch of text over and over: what repeats is possessive, is bounded, or
can't contain what opens it. Each begins with what is rare in prose, which is what makes it fast;
what may stand before that has a pattern of its own. Words are Latin ones, so that Chinese and
Japanese around a number or a name are not taken for part of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

SpanKind = Literal[
    "call", "citation", "code", "email", "identifier", "json", "number", "path", "quote", "url"
]

_W = r"[A-Za-z0-9_\u00c0-\u024f]"
_START = r"(?<![A-Za-z0-9_\u00c0-\u024f])"
_END = r"(?![A-Za-z0-9_\u00c0-\u024f])"
_GAP = r"[ \u00a0\u202f]"
_SIGN = r"[+\-\u2212\u00b1]"
_MONEY = r"[$\u20ac\u00a3\u00a5\u20b9\u20a9\u20bd\u00a2]"

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_CURRENCY = (
    "(?:USD|EUR|GBP|JPY|CNY|RMB|INR|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RUB|BRL|MXN|KRW|"
    "TRY|SGD|HKD|BTC|ETH)"
)
_UNIT = (
    rf"(?:{_MONTH}|{_CURRENCY}|"
    r"dollars?|euros?|pounds?|cents?|yen|yuan|rupees?|francs?|pesos?|"
    r"hundred|thousand|million|billion|trillion|dozen|percent|per cent|percentage points?|"
    r"bn|tn|mn|mln|k|pp|bps?|basis points?|"
    r"[kcmd\u00b5\u03bcn]?m[\u00b2\u00b323]?|mph|kph|miles?|mi|yards?|yd|feet|foot|"
    r"ft|inch(?:es)?|in(?=\.)|(?:kilo|centi|milli)?met(?:re|er)s?|nm|"
    r"square (?:(?:kilo)?met(?:re|er)s?|miles?|feet)|hectares?|ha|acres?|sq|"
    r"[km\u00b5\u03bc]?g|kilograms?|grams?|kilos?|lbs?|oz|ounces?|tonn?es?|tons?|t|"
    r"[mcd\u00b5\u03bc]?[lL]|lit(?:re|er)s?|gallons?|gal|barrels?|bbl|"
    r"[nm\u00b5\u03bc]?s|secs?|seconds?|min(?:ute)?s?|h|hrs?|hours?|days?|weeks?|months?|years?|yrs?|"
    r"decades?|centur(?:y|ies)|"
    r"[aApP]\.?[mM]\.?|BCE?|CE|AD|UTC|GMT|CES?T|ES?T|PS?T|o'clock|"
    r"[kKMGTP]?i?[bB](?:/s|ps)?|[kMGT]?bps|[kMG]?Hz|[kMGT]?Wh?|[mk]?[VA]|[kMm]?J|k?cal|"
    r"[kMh]?Pa|bar|psi|\u00b0[CF]?|degrees?|K|dB|ppm|ppb|rpm|px|pt|tokens?|people|times)"
)
_SUFFIX = (
    rf"(?:{_GAP}{_MONTH}\.?,?{_GAP}\d{{4}}{_END}|{_GAP}?{_UNIT}(?:/[A-Za-z]{{1,6}})?{_END}"
    rf"|{_GAP}?(?:[%\u2030\u00b0]|{_MONEY}))"
)
_COUNTER = "[年月日時时分秒元円圓圆万萬亿億千百個个人歳岁]"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One kind of guarded span.

    Attributes:
        found: what it is found by.
        marks: characters of which any match has one; empty where that rules nothing out.
        before: what belongs to it on its left, ending where `found` begins; None for nothing.
        alone: no Latin letter or digit may stand right before it.
        reach: characters that `before` may look at.
    """

    found: re.Pattern[str]
    marks: str = ""
    before: re.Pattern[str] | None = None
    alone: bool = False
    reach: int = 0

    def fits(self, text: str) -> bool:
        """Whether it may occur in a text at all."""
        return not self.marks or any(mark in text for mark in self.marks)

    def places(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where it occurs between two places of a text."""
        for match in self.found.finditer(text, start, end):
            at = match.start()
            if self.before is not None:
                left = self.before.search(text, max(start, at - self.reach), at)
                at = left.start() if left else at
            if not (self.alone and at and _LATIN.match(text, at - 1)):
                yield at, match.end()


_LATIN = re.compile(_W)

NUMBER = Pattern(
    re.compile(
        rf"(?:\d{{1,3}}(?:{_GAP}\d{{3}})++(?!\d)|\d{{1,2}}(?:st|[nr]d|th)?,{_GAP}\d{{4}}{_END}|\d)"
        r"(?:[.,:/'\u2019\u2013\u2212+\-^\u00d7]?\d|-?[A-Za-z_]|[\u00b2\u00b3\u00bd\u00bc\u00be])*+"
        rf"(?:{_SUFFIX}|{_COUNTER})*+"
    ),
    before=re.compile(
        rf"(?:{_START}(?:{_CURRENCY}{_GAP}?|{_MONTH}\.?{_GAP}|[Nn]o\.{_GAP}?|[vV]|"
        rf"(?:US|CA|AU|C|A|HK|R)?{_MONEY}{_GAP}?)|\u00a7{_GAP}?)?"
        rf"(?:(?<![\w)\]]){_SIGN})?(?:{_MONEY}{_GAP}?)?(?:(?<!\w)\.)?\Z"
    ),
    reach=16,
    alone=True,
)
URL = Pattern(
    re.compile(
        rf"{_START}(?:[A-Za-z][A-Za-z0-9+.\-]{{1,15}}://|www\.)[^\s<>\"`\u3000-\u303f\uff00-\uffef]*"
        r"[^\s<>\"`.,;:!?)\]}'\u2019\u201d\u2026\u3000-\u303f\uff00-\uffef]"
    ),
    marks=":.",
)
EMAIL = Pattern(
    re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}+@[\w\-]{1,63}(?:\.[\w\-]{1,63})+"), marks="@"
)
_SEGMENT = r"(?:[\w@%+~\-]|\.(?=\w))"
PATH = Pattern(
    re.compile(
        rf"(?:{_START}[A-Za-z]:|(?<![\w/\\])[~.]{{0,2}})[/\\](?:[\w.@%+~\-]+[/\\])*+"
        rf"[\w@%+~\-]{_SEGMENT}*+/?"
        rf"|(?<![\w@%+~\-./]){_W}{_SEGMENT}*+(?:/{_SEGMENT}++){{2,}}"
    ),
    marks="/\\",
)
IDENTIFIER = Pattern(
    re.compile(
        # A word that goes on in a way prose doesn't: ab1, snake_, camelC, CON, dotted.n, ORD-1.
        rf"{_START}(?:[#@$]{_W}|[A-Za-z_\u00c0-\u024f][a-z\u00df-\u00ff]*+(?:[A-Z\d_]|"
        rf"(?:\.|::|->)[A-Za-z_]|-(?:\d|[0-9a-fA-F]{{4}}-))){_W}*+(?:(?:[-.:/#@&$]|::|->)?{_W}++)*+"
    )
)
CITATION = Pattern(
    re.compile(
        r"\[[^\[\]\n]{1,60}\]|【[^【】\n]{1,60}】"
        r"|\([A-Z\u00c0-\u024f][^()\n]{0,80}\d{4}[a-z]?(?:[,:][^()\n]{0,20})?\)"
    ),
    marks="[(【",
)
CALL = Pattern(
    re.compile(rf"(?<={_W})\((?:[^()\n]|\([^()\n]{{0,100}}\)){{0,300}}+\)"),
    marks="(",
    before=re.compile(rf"{_START}[A-Za-z_](?:{_W}|\.(?=\w))*+\Z"),
    reach=60,
)
INLINE_CODE = Pattern(re.compile(r"``[^\n]{1,500}?``|`[^`\n]{1,500}`"), marks="`")
QUOTE = Pattern(
    re.compile(
        r"\"(?<![\w\"].)[^\"\n]{1,500}\"(?!\w)|\u201c[^\u201c\u201d]{1,500}\u201d"
        r"|\u201e[^\u201e\u201c\u201d\n]{1,500}[\u201c\u201d]|«[^«»\n]{1,500}»"
        r"|「[^「」\n]{1,500}」|『[^『』\n]{1,500}』|'(?<![\w'].)[^'\n]{1,200}'(?!\w)"
        r"|\u2018(?<!\w.)[^\u2018\u2019\n]{1,200}\u2019(?!\w)"
    )
)

PATTERNS: dict[SpanKind, Pattern] = {
    "code": INLINE_CODE,
    "quote": QUOTE,
    "url": URL,
    "email": EMAIL,
    "citation": CITATION,
    "call": CALL,
    "path": PATH,
    "number": NUMBER,
    "identifier": IDENTIFIER,
}
"""By kind, the more telling first: of two that begin at one place, the longer is taken, of two
alike the first."""

SPACED: tuple[SpanKind, ...] = ("code", "quote", "citation", "call", "number")
"""Kinds with spaces or ends of sentences inside."""
