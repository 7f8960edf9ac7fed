"""HTML: its text, headings, links and tables, without markup, scripts and navigation."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

from tokenomics_shared.compression.columns import Columns
from tokenomics_shared.compression.faults import faults
from tokenomics_shared.compression.json_rows import combined
from tokenomics_shared.compression.lines import Line, LinesReading
from tokenomics_shared.compression.wanted import Wanted

_PAGE = re.compile(
    r"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html|head|body|div|table|ul|ol|section|article|main|p|h\d)\b",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"</?(?:div|p|a|span|td|tr|table|li|ul|ol|h[1-6]|section|article|body|html)\b", re.IGNORECASE
)
_FEWEST = 6
"""Tags from which a text is a page."""
_DROPPED = frozenset(
    "script style nav noscript svg template iframe head footer aside form button select canvas".split()
)
_VOID = frozenset("br hr img input meta link area base col embed source track wbr".split())
_BLOCKS = frozenset(
    "p div section article main header ul ol li dl dt dd table thead tbody tfoot tr blockquote pre"
    " h1 h2 h3 h4 h5 h6 figure figcaption address details summary body html".split()
)
_SPACE = re.compile(r"\s+")
_LINKED = 0.8
"""Share of a block's characters that are links, from which it leads elsewhere and says nothing."""


class _Blocks(HTMLParser):
    """Gathers a page's blocks: kind, text, cells of a row, and characters of links."""

    def __init__(self) -> None:
        """Begin."""
        super().__init__(convert_charrefs=True)
        self.blocks: list[tuple[str, str, list[str], int]] = []
        self.title = ""
        self._parts: list[str] = []
        self._cells: list[str] | None = None
        self._kind = "p"
        self._hidden: list[str] = []
        self._link: tuple[str, int] | None = None
        self._linked = 0
        self._titled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        if tag == "title":
            self._titled = True
        if self._hidden or tag in _DROPPED:
            if tag not in _VOID:
                self._hidden.append(tag)
            return
        if tag in _BLOCKS and self._cells is None:
            self._end()
        if tag == "tr":
            self._cells = []
            self._kind = "head" if False else "row"
        elif tag in ("td", "th"):
            self._cell()
            if tag == "th" and self._cells is not None and not self._cells:
                self._kind = "head"
        elif tag == "a":
            self._link = (dict(attrs).get("href") or "", len(self._parts))
        elif tag == "br":
            self._parts.append("\n" if self._kind == "pre" else " ")
        elif tag in _BLOCKS and self._cells is None:
            self._kind = tag

    def handle_endtag(self, tag: str) -> None:
        """A tag closes."""
        if tag == "title":
            self._titled = False
        if self._hidden:
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
            return
        if tag == "a" and self._link is not None:
            self._close_link(*self._link)
        elif tag in ("td", "th"):
            self._cell()
        elif tag in ("tr", "table"):
            self._cell()
            self._end()
        elif tag in _BLOCKS and self._cells is None:
            self._end()

    def handle_data(self, data: str) -> None:
        """Text."""
        if self._titled:
            self.title += data
        if not self._hidden:
            self._parts.append(data if self._kind == "pre" else _SPACE.sub(" ", data))

    def close(self) -> None:
        """The page ends."""
        super().close()
        self._cell()
        self._end()

    def _close_link(self, href: str, begin: int) -> None:
        said = "".join(self._parts[begin:]).strip()
        self._link = None
        if said:
            self._linked += len(said)
            shown = (
                f"[{said}]({href})" if href and not href.startswith(("#", "javascript:")) else said
            )
            self._parts[begin:] = [shown]

    def _cell(self) -> None:
        if self._cells is not None and "".join(self._parts).strip():
            self._cells.append(_SPACE.sub(" ", "".join(self._parts)).strip())
            self._parts = []

    def _end(self) -> None:
        text = "".join(self._parts).strip()
        cells = self._cells or []
        if cells:
            text = " | ".join(cells)
        if text:
            self.blocks.append((self._kind, text, cells, self._linked))
        self._parts, self._cells, self._kind, self._link, self._linked = [], None, "p", None, 0


def read_page(text: str, wanted: Wanted) -> LinesReading | None:
    """A page taken apart; None when a text is none."""
    if not _PAGE.match(text) or len(_TAG.findall(text[:200_000])) < _FEWEST:
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


def _lines(blocks: Sequence[tuple[str, str, list[str], int]], wanted: Wanted) -> list[Line]:
    texts = [text for _, text, _, _ in blocks]
    columns, headers = Columns(), _headers(blocks)
    for row, (kind, _, cells, _) in enumerate(blocks):
        if kind == "row":
            for at, cell in enumerate(cells):
                columns.add(
                    row,
                    f"{headers[row]} {at}"
                    if at >= len(names := headers[row].split("|"))
                    else f"{names[at]} {at}",
                    cell,
                )
    odd = columns.worths(len(blocks), wanted)
    told = zip(odd, faults(texts), wanted.matches(texts), strict=True)
    lines = []
    for block, worth in zip(blocks, combined(list(told), wanted), strict=True):
        lines.append(_line(*block, worth))
    return lines


def _line(kind: str, text: str, cells: Sequence[str], linked: int, worth: float) -> Line:
    if kind == "head":
        return Line(text, worth + 2.5)
    if kind[0] == "h" and kind[1:].isdigit():
        return Line(f"{'#' * int(kind[1:])} {text}", worth + 1.2)
    if not cells and linked > _LINKED * len(text):
        worth *= 0.5
    return Line(f"- {text}" if kind == "li" else text, worth)


def _headers(blocks: Sequence[tuple[str, str, list[str], int]]) -> list[str]:
    """Of each block, the header of the table it is in."""
    header, found = "", []
    for kind, _, cells, _ in blocks:
        if kind == "head":
            header = "|".join(cells)
        elif kind != "row":
            header = ""
        found.append(header)
    return found
