"""Guarded spans: what prompt compression may leave out but never alter.

Time grows with the text's length alone; see `span_patterns`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tokenomics_shared.compression.span_patterns import PATTERNS, SPACED, SpanKind

GAP = " … "
"""Stands where something inside a text was left out."""

_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})", re.MULTILINE)
_INDENTED = re.compile(r"(?:\A|(?<=\n\n)|(?<=:\n))(?:(?: {4}|\t)[^\n]*\S[^\n]*(?:\n|\Z))++")
_CALL_TAG = re.compile(r"<(tool_call|function_call|tool_use|invoke|function)\b[^<>\n]{0,200}>")
_BRACKETS = re.compile(r'"(?:[^"\\\n]|\\.)*+"|[{}\[\]]')
_JSON_LIKE = re.compile(r'\{\s*+(?:"|\})|\[\s*+(?:["{\[]|-?\d[\d.eE+-]*+\s*+,|true|false|null)')
_PAIRS = {"}": "{", "]": "["}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a text that must stay as it is, or go whole.

    Attributes:
        start: where it begins, in characters.
        end: where it ends, exclusive.
        kind: what it is.
    """

    start: int
    end: int
    kind: SpanKind


def guarded(text: str) -> tuple[Span, ...]:
    """The text's guarded spans, in order and apart."""
    return _spans(text, tuple(PATTERNS))


def spaced(text: str) -> tuple[Span, ...]:
    """Those that may hold a space or an end of a sentence, which is found out faster."""
    return _spans(text, SPACED)


def blocks(text: str) -> tuple[Span, ...]:
    """The large ones among them: fenced and indented code, tool calls in tags, JSON."""
    found = sorted((*fenced(text), *_indented(text), *_tagged(text)), key=_outermost)
    spans = list(_apart(found))
    starts = [span.start for span in spans]
    for span in _json(text):
        place = bisect_right(starts, span.start)
        if not place or spans[place - 1].end <= span.start:
            found.append(span)
    return tuple(_apart(sorted(found, key=_outermost)))


def unaltered(original: str, shortened: str) -> bool:
    """Whether every guarded span of a shortened text is verbatim one of the original's.

    Of fenced code whole lines may be left out, where a gap on a line of its own says so.
    Spans inside the original's spans count too: a quotation in a code block that isn't read as
    one without what stood before it.
    """
    spans = guarded(shortened)
    return not spans or _known(shortened, spans, _readings(original))


def all_kept(original: str, shortened: str) -> bool:
    """Whether every guarded span of the original is verbatim in a shortened text, in order."""
    at = 0
    for span in guarded(original):
        found = _find(original, span, shortened, at)
        if found < 0:
            return False
        at = found + span.end - span.start
    return True


def _known(text: str, spans: Iterable[Span], known: set[str]) -> bool:
    unknown = (one for span in spans if (one := text[span.start : span.end]) not in known)
    # Marks left over on both sides of a gap are no pair: each side is read for itself.
    return all(
        GAP in one
        and (
            _of_code(one, known)
            or all(_known(part, guarded(part), known) for part in one.split(GAP))
        )
        for one in unknown
    )


def _of_code(text: str, known: set[str]) -> bool:
    """Whether it is lines of one fenced code, in order and in its fences, and gaps between."""
    parts = [part.strip("\n") for part in text.split(f"\n{GAP}\n")]
    for code in known:
        at, whole = 0, f"\n{code}\n"
        if not _FENCE.match(code) or not code.startswith(f"{parts[0]}\n"):
            continue
        for part in parts:
            at = whole.find(f"\n{part}\n", at)
            if at < 0:
                break
            at += len(part) + 1
        if at == len(whole) - 1:
            return True
    return False


def _readings(text: str) -> set[str]:
    """Texts of all spans, those inside others included."""
    # Read from its beginning, a block may leave a mark that pairs with one after it.
    found = (*guarded(text), *_small(text, 0, len(text), tuple(PATTERNS)))
    return {text[span.start : span.end] for span in found}


def _find(original: str, span: Span, text: str, at: int) -> int:
    """Where a span stands in another text, as a whole word if it was one; -1 if nowhere."""
    wanted = original[span.start : span.end]
    before, after = original[span.start - 1 : span.start], original[span.end : span.end + 1]
    at = text.find(wanted, at)
    while at >= 0:
        end = at + len(wanted)
        if _same_edge(before, text[max(at - 1, 0) : at]) and _same_edge(
            after, text[end : end + 1]
        ):
            return at
        at = text.find(wanted, at + 1)
    return -1


def _same_edge(was: str, found: str) -> bool:
    return found == was or not (found.isalnum() or found == "_")


def _spans(text: str, kinds: Sequence[SpanKind]) -> tuple[Span, ...]:
    found: list[Span] = []
    at = 0
    fitting = [kind for kind in kinds if PATTERNS[kind].fits(text)]
    large = blocks(text)
    for block in large:
        found += _small(text, at, block.start, fitting)
        at = block.end
    found += _small(text, at, len(text), fitting)
    return tuple(_apart(sorted((*large, *found), key=_outermost)))


def _small(text: str, start: int, end: int, kinds: Sequence[SpanKind]) -> Iterator[Span]:
    if start < end:
        for kind in kinds:
            for left, right in PATTERNS[kind].places(text, start, end):
                yield Span(left, right, kind)


def fenced(text: str) -> Iterator[Span]:
    """Code between fences, the fences included; the last may lack its end."""
    if "```" not in text and "~~~" not in text:
        return
    start, fence = -1, ""
    for match in _FENCE.finditer(text):
        if start < 0:
            start, fence = match.start(), match[1]
        elif match[1].startswith(fence):
            yield Span(start, match.end(), "code")
            start = -1
    if start >= 0:
        yield Span(start, len(text), "code")


def _indented(text: str) -> Iterator[Span]:
    if "    " in text or "\t" in text:
        for match in _INDENTED.finditer(text):
            yield Span(match.start(), match.start() + len(match.group().rstrip()), "code")


def _tagged(text: str) -> Iterator[Span]:
    """Tool calls between tags, up to the first end of a tag's name."""
    at = 0
    unclosed: set[str] = set()
    while match := _CALL_TAG.search(text, at):
        name, at = match[1], match.end()
        if name in unclosed:
            continue
        end = text.find(f"</{name}>", at)
        if end < 0:
            unclosed.add(name)
        else:
            at = end + len(name) + 3
            yield Span(match.start(), at, "call")


def _json(text: str) -> Iterator[Span]:
    """Balanced braces and brackets that begin as JSON does, the outermost only."""
    if '"' not in text or ("{" not in text and "[" not in text):
        return
    opened: list[tuple[str, int]] = []
    found: list[Span] = []
    for match in _BRACKETS.finditer(text):
        mark = match.group()
        if mark in "{[":
            opened.append((mark, match.start()))
        elif mark in "}]" and opened:
            bracket, start = opened.pop()
            if bracket != _PAIRS[mark]:
                opened.clear()
            elif _JSON_LIKE.match(text, start):
                found.append(Span(start, match.end(), "json"))
    yield from _apart(sorted(found, key=_outermost))


def _outermost(span: Span) -> tuple[int, int]:
    return span.start, -span.end


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """Without those that begin inside an earlier one."""
    end = 0
    for span in spans:
        if span.start >= end:
            yield span
            end = span.end
