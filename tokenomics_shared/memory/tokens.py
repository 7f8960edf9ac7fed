"""Cuts a question into words, numbers and identifiers, and brings words to their lemma."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tokenomics_shared.memory import lexicon as lex
from tokenomics_shared.memory.contrasts import antonyms, kinds
from tokenomics_shared.memory.forms import irregular, phrases


class Token(NamedTuple):
    """One word of a text.

    Attributes:
        text: lower case, contractions expanded, phrases joined by `_`.
        kind: `w` word, `n` number, `i` identifier, `o` operator or symbol, `.` end of a clause.
        cap: written with a capital where grammar doesn't ask for one.
    """

    text: str
    kind: str = "w"
    cap: bool = False


# Every alternative starts with another character or ends on one, so that nothing backtracks far.
_PIECE = re.compile(
    r"""(?P<i>https?://\S+ | [\w.+-]{1,40}@[\w-]+(?:\.[\w-]+)+ | (?<!\w)~?/\w[\w./-]*
          | \w+(?:(?:::|\\)\w+)+ | 0x[0-9a-fA-F]+ | \b[vV]?\d+\.\d+\.[\w.-]*\w)
      | (?P<n>\d+(?:[.,:/-]\d+)*)(?P<suffix>[A-Za-z]\w*)?
      | (?P<w>[^\W\d]\w*(?:['.&-]\w+)*(?:\(\))?(?:\+\+|\#)?)
      | (?P<o>\*\*|[-+*/^%$€£¥₹=<>÷\u00d7\u2212])
      | (?P<e>[.?!;,:\n)(]+)""",
    re.VERBOSE,
)
_CAMEL = re.compile(r"[a-z][A-Z]")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DATE = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})")
_PARTICLES = frozenset("on off up down in out".split())
_PARTED = 5
"""Words that may stand between a verb and its particle."""

_IS = frozenset("what where who how when why it that there here he she this which".split())
_TAILS = {"re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am", "s": ""}
_TITLE_SHARE = 0.7
_MIN_TITLE = 4


@lru_cache(maxsize=16_384)
def lemma(word: str) -> str:
    """Bring an inflected word to the form its relatives share (not always a dictionary's form)."""
    known = irregular().get(word)
    if known is not None:
        return known.rstrip("e") if len(known) > 3 else known  # noqa: PLR2004 -- as below
    for ending, least, take in _ENDINGS:
        if word.endswith(ending) and len(word) >= least:
            return _undouble(word[: -len(ending)]) + take if take is not None else word
    return word.rstrip("e") if len(word) > 3 else word  # noqa: PLR2004 -- `make`, `making`


_ENDINGS: tuple[tuple[str, int, str | None], ...] = (
    ("sses", 6, "ss"), ("ss", 0, None), ("us", 0, None), ("is", 0, None), ("ies", 5, "y"),
    ("ied", 5, "y"), ("xes", 5, "x"), ("ches", 6, "ch"), ("shes", 6, "sh"), ("oes", 6, "o"),
    ("ing", 6, ""), ("eed", 0, None), ("ed", 5, ""), ("es", 5, ""), ("s", 4, ""),
)  # fmt: skip


def _undouble(stem: str) -> str:
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsz":  # noqa: PLR2004
        return stem[:-1]
    return stem.rstrip("e") if len(stem) > 3 else stem  # noqa: PLR2004


@lru_cache(maxsize=1)
def _hyphenated() -> frozenset[str]:
    """Words whose hyphen belongs to them."""
    known = (*kinds(), *antonyms(), *lex.NUMBER_WORDS, *phrases(), *lex.AUDIENCES, *lex.MANNERS)
    return frozenset(word for word in (*known, *lex.PROGRAMMING) if "-" in word)


def tokenise(text: str) -> list[Token]:
    """Cut a text into tokens, phrases joined and number words read."""
    return _numbers(_joined(list(_pieces(text))))


def _pieces(text: str) -> list[Token]:
    found = list(_PIECE.finditer(text))
    shouting = _all_capitals([match["w"] for match in found if match["w"] and len(match["w"]) > 1])
    tokens: list[Token] = []
    fresh = True
    for match in found:
        group = match.lastgroup
        piece = match.group()
        if group == "w":
            cap = piece[0].isupper() and not shouting
            cap = cap and (not fresh or (len(piece) > 1 and piece.isupper()))
            tokens += _word(piece, cap=cap)
        elif group in {"n", "suffix"}:
            tokens += _figure(match["n"], match["suffix"] or "")
        elif group == "e":
            tokens.append(Token(".", "."))
        else:
            tokens.append(Token(piece.lower().rstrip(".,;:?!)"), group or "o"))
        fresh = group == "e" and piece != ","
    return tokens


def _all_capitals(words: list[str]) -> bool:
    """Whether capitals say nothing here: a title, or a text that shouts."""
    capitals = sum(word[0].isupper() for word in words)
    return len(words) >= _MIN_TITLE and capitals > _TITLE_SHARE * len(words)


@lru_cache(maxsize=16_384)
def _word(piece: str, *, cap: bool) -> Sequence[Token]:  # noqa: PLR0911 -- one for each kind
    """Read a word; the same few thousand come again and again."""
    low = piece.lower()
    if piece in lex.ROMANS:
        return [Token(str(lex.ROMANS[piece]), "n")]
    if low in lex.CONTRACTIONS:
        return [Token(word) for word in lex.CONTRACTIONS[low].split()]
    head, quote, tail = low.partition("'")
    if quote:
        return _apostrophe(head, tail, cap=cap)
    if _is_identifier(piece):
        return [Token(low.removesuffix("()"), "i", bool(_CAMEL.search(piece)))]
    if low in _hyphenated() or ("-" not in low and "." not in low):
        return [Token(low, "w", cap and low != "i")]
    if low.replace(".", "").isalpha() and all(len(part) == 1 for part in low.split(".")):
        return [Token(low.replace(".", ""), "w", cap)]
    if low.endswith("-free"):
        return [Token("without"), Token(low.removesuffix("-free"), "w", cap)]
    return [Token(part, "w", cap) for part in re.split(r"[-.]", low)]


def _apostrophe(head: str, tail: str, *, cap: bool) -> list[Token]:
    if tail == "t" and head.endswith("n"):
        return [Token(head[:-1]), Token("not")]
    tokens = [Token(part, "w", cap) for part in re.split(r"[-.]", head)]
    if tail == "s" and head in _IS:
        tokens.append(Token("is"))
    elif tail not in _TAILS:
        tokens = [Token(head + tail, "w", cap)]
    elif _TAILS[tail]:
        tokens.append(Token(_TAILS[tail]))
    return tokens


def _is_identifier(piece: str) -> bool:
    """Whether a word is a name of code, a file, a product code: compared to the letter."""
    if "_" in piece or piece.endswith("()") or any(char.isdigit() for char in piece):
        return True
    if "." in piece:
        parts = piece.split(".")
        glued = parts[-1][0].isupper() or parts[-1].lower() in lex.FUNCTION
        return not glued and max(map(len, parts)) > 1
    return bool(_CAMEL.search(piece))


def _figure(figure: str, suffix: str) -> list[Token]:
    """Read digits with what is glued to them: a unit, an ordinal ending, a code."""
    low = suffix.lower()
    if low in {"st", "nd", "rd", "th", "s", "x"}:  # codespell:ignore nd
        low = ""
    if low in lex.MAGNITUDES or low in {"m", "b"}:
        scale = lex.MAGNITUDES.get(low) or {"m": 1_000_000, "b": 1_000_000_000}[low]
        return (
            [Token(_plain(str(float(figure.replace(",", "")) * scale)), "n")]
            if (figure.replace(",", "").replace(".", "", 1).isdigit())
            else [Token(figure + low, "i")]
        )
    if low and low not in lex.UNITS and low not in {"am", "pm", "ad", "bc"}:
        return [Token(figure + low, "i")]
    tail = [Token(low)] if low else []
    return _digits(figure) + tail


def _digits(figure: str) -> list[Token]:
    date = _DATE.fullmatch(figure)
    if date:
        parts = sorted((date[1], date[3], date[4]), key=lambda part: (-len(part), int(part)))
        return [Token(str(int(part)), "n") for part in parts]
    if _THOUSANDS.fullmatch(figure):
        return [Token(_plain(figure.replace(",", "")), "n")]
    if ":" in figure:
        return [Token(figure, "n")]
    parts = re.split(r"[-/,]", figure)
    return [Token(_plain(part), "n") for part in parts if part]


def _plain(number: str) -> str:
    """A number's shortest spelling; `3.10` stays, for it may be a version."""
    whole, point, fraction = number.partition(".")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{fraction}" if point and fraction.strip("0") else whole


def _joined(tokens: list[Token]) -> list[Token]:
    """Read each known phrase as one word, a verb parted from its particle included."""
    table = phrases()
    joined: list[Token] = []
    tokens = list(tokens)
    place = 0
    while place < len(tokens):
        token = tokens[place]
        for rest, word in table.get(token.text, ()):
            end = place + 1 + len(rest)
            if all(
                place + 1 + step < len(tokens) and tokens[place + 1 + step].text == want
                for step, want in enumerate(rest)
            ):
                joined.append(Token(word, "w", token.cap))
                place = end
                break
        else:
            joined.append(_rejoined(tokens, place, table.get(token.text, ())))
            place += 1
    return joined


def _rejoined(
    tokens: list[Token], place: int, known: Sequence[tuple[Sequence[str], str]]
) -> Token:
    """The verb with the particle that ends its clause, taken from there: `turn it all on`."""
    verb = tokens[place]
    for rest, word in known:
        if len(rest) != 1 or rest[0] not in _PARTICLES:
            continue
        for at in range(place + 2, min(place + 2 + _PARTED, len(tokens))):
            ends = at + 1 == len(tokens) or tokens[at + 1].kind == "."
            if tokens[at].text == rest[0] and ends:
                del tokens[at]
                return Token(word, "w", verb.cap)
            if tokens[at].kind == ".":
                break
    return verb


def _numbers(tokens: list[Token]) -> list[Token]:
    """Read number words (`twenty five thousand`) as digits; `one` alone stays a word."""
    read: list[Token] = []
    total = value = 0
    open_ = False
    for token in [*tokens, Token("", ".")]:
        word = token.text
        small = _small(token, open_=open_)
        if small is not None:
            value, open_ = value + small, True
        elif word in lex.MAGNITUDES and (open_ or _after_figure(read) or _after_article(read)):
            base = value if open_ else _pop_figure(read)
            value, open_ = base * lex.MAGNITUDES[word], True
            if lex.MAGNITUDES[word] > 100:  # noqa: PLR2004 -- hundreds go on, thousands close
                total, value = total + value, 0
        else:
            if open_:
                read.append(Token(str(total + value), "n"))
                total, value, open_ = 0, 0, False
            read.append(token)
    return read[:-1]


def _small(token: Token, *, open_: bool) -> int | None:
    if token.kind != "w" or (token.text == "one" and not open_):
        return None
    return lex.NUMBER_WORDS.get(token.text)


def _after_figure(read: list[Token]) -> bool:
    return bool(read) and read[-1].kind == "n" and read[-1].text.isdigit()


def _after_article(read: list[Token]) -> bool:
    return bool(read) and read[-1].text in {"a", "one"}


def _pop_figure(read: list[Token]) -> int:
    last = read.pop()
    return int(last.text) if last.kind == "n" else 1
