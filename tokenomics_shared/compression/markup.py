"""HTML: its text, headings, links and tables, without markup, scripts and navigation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from typing_extensions import override

from tokenomics_shared.compression.columns import Columns
from tokenomics_shared.compression.faults import faults
from tokenomics_shared.compression.lines import Line, LinesReading
from tokenomics_shared.compression.records import combined
from tokenomics_shared.compression.wanted import Wanted

_PAGE = re.compile(
    r"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype html|html|head|body|div|table|ul|ol|section|article"
    r"|main|p|h\d)\b",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(
    r"</?(?:div|p|a|span|td|tr|table|li|ul|ol|h[1-6]|section|article|body|html)\b", re.IGNORECASE
)
_FEWEST = 6
"""Tags from which a text is a page."""
_READ = 200_000
"""Characters in which they are counted."""
_MOST = 2_000_000
"""Characters up to which a page is read: the parser's time is not linear
in broken markup, which is refused too."""
_DROPPED = frozenset(
    "script style nav noscript svg template iframe head footer aside form button select canvas"
    " object".split()
)
_VOID = frozenset("br hr img input meta link area base col embed source track wbr".split())
_BLOCKS = frozenset(
    "p div section article main header ul ol li dl dt dd table thead tbody tfoot tr blockquote pre"
    " h1 h2 h3 h4 h5 h6 figure figcaption address details summary body html".split()
)
_SPACE = re.compile(r"\s+")
_LINKED = 0.8
"""Share of a block's characters that are links, from which it leads elsewhere and says nothing."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A piece of a page.

    Attributes:
        kind: the tag that it is in; `th` for the header of a table.
        text: what it says.
        cells: what the cells of a row say.
        linked: characters of it that are links.
    """

    kind: str
    text: str
    cells: Sequence[str]
    linked: int


class _Blocks(HTMLParser):
    """Gathers a page's blocks."""

    def __init__(self) -> None:
        """Begin."""
        super().__init__(convert_charrefs=True)
        self.blocks: list[_Block] = []
        self.title = ""
        self._parts: list[str] = []
        self._cells: list[str] | None = None
        self._kind = "p"
        self._hidden: list[str] = []
        self._link: tuple[str, int] | None = None
        self._linked = 0
        self._titled = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        self._titled = tag == "title"
        if self._hidden or tag in _DROPPED:
            if tag not in _VOID:
                self._hidden.append(tag)
        elif tag == "a":
            self._link = (dict(attrs).get("href") or "", len(self._parts))
        elif tag == "br":
            self._parts.append("\n" if self._kind == "pre" else " ")
        elif tag in ("td", "th"):
            self._cell(closed=False)
            if tag == "th" and self._cells == []:
                self._kind = "th"
        elif tag in _BLOCKS and (self._cells is None or tag == "tr"):
            self._end()
            self._kind = tag
            self._cells = [] if tag == "tr" else None

    @override
    def handle_endtag(self, tag: str) -> None:
        """A tag closes."""
        self._titled = False
        if self._hidden:
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
        elif tag == "a" and self._link is not None:
            self._close_link(*self._link)
        elif tag in ("td", "th"):
            self._cell()
        elif tag in ("tr", "table"):
            self._cell(closed=False)
            self._end()
        elif tag in _BLOCKS and self._cells is None:
            self._end()

    @override
    def handle_data(self, data: str) -> None:
        """Text."""
        if self._titled:
            self.title += data
        if not self._hidden:
            self._parts.append(data if self._kind == "pre" else _SPACE.sub(" ", data))

    @override
    def close(self) -> None:
        """The page ends."""
        super().close()
        self._cell(closed=False)
        self._end()

    def _close_link(self, href: str, begin: int) -> None:
        said = "".join(self._parts[begin:]).strip()
        self._link = None
        if said:
            self._linked += len(said)
            leads = bool(href) and not href.startswith(("#", "javascript:", "data:"))
            self._parts[begin:] = [f"[{said}]({href})" if leads else said]

    def _cell(self, *, closed: bool = True) -> None:
        if self._cells is None:
            return
        text = _SPACE.sub(" ", "".join(self._parts)).strip()
        self._parts = []
        if closed or text:
            self._cells.append(text)

    def _end(self) -> None:
        cells = self._cells or []
        text = " | ".join(cells) if any(cells) else "".join(self._parts).strip()
        if text:
            self.blocks.append(_Block(self._kind, text, cells, self._linked))
        self._parts, self._cells, self._kind, self._link, self._linked = [], None, "p", None, 0


def read_page(text: str, wanted: Wanted) -> LinesReading | None:
    """A page taken apart; None when a text is none."""
    if len(text) > _MOST or not _PAGE.match(text) or len(_TAG.findall(text[:_READ])) < _FEWEST:
        return None
    if text.count("<") > 2 * text.count(">") or text.count("<!--") > text.count("-->") + 1:
        return None
    parser = _Blocks()
    try:
        parser.feed(text)
        parser.close()
    except (AssertionError, ValueError):
        return None
    if not parser.blocks:
        return None
    lines = _lines(parser.blocks, wanted)
    title = _SPACE.sub(" ", parser.title).strip()
    return LinesReading([Line(f"# {title}", None), *lines] if title else lines, "blocks")


def _lines(blocks: Sequence[_Block], wanted: Wanted) -> list[Line]:
    texts = [block.text for block in blocks]
    columns = Columns(shared=False)
    header: Sequence[str] = ()
    for row, block in enumerate(blocks):
        header = block.cells if block.kind == "th" else header if block.kind == "tr" else ()
        for at, cell in enumerate(block.cells if block.kind == "tr" else ()):
            columns.add(row, f"{header[at] if at < len(header) else ''} {at}", cell)
    odd = columns.worths(len(blocks), wanted)
    said = zip(wanted.matches(texts), wanted.answers(texts), strict=True)
    matches = [match + answer for match, answer in said]
    worths = combined(list(zip(odd, faults(texts), matches, strict=True)), wanted)
    return [_line(block, worth) for block, worth in zip(blocks, worths, strict=True)]


def _line(block: _Block, worth: float) -> Line:
    kind, text = block.kind, block.text
    if kind == "th":
        return Line(text, worth + 2.5)
    if kind[0] == "h" and kind[1:].isdigit():
        return Line(f"{'#' * int(kind[1:])} {text}", worth + 1.2)
    if not block.cells and block.linked > _LINKED * len(text):
        worth *= 0.5
    return Line(f"- {text}" if kind == "li" else text, worth)
