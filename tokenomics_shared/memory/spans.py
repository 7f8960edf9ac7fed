"""Where a text is to be taken literally: code, quotations, addresses."""

import re
from collections.abc import Sequence
from functools import lru_cache

_LITERAL = re.compile(
    r"""
      ```.*?(?:```|\Z) | ~~~.*?(?:~~~|\Z)          # fenced code, closed or not
    | `[^`\n]+`                                    # inline code
    | "[^"\n]+" | “[^”\n]+” | «[^»\n]+» | „[^“”\n]+[“”] | 「[^」\n]+」
    | (?<![\w'\u2019])'[^'\n]+'(?!\w) | (?<!\w)\u2018[^\u2019\n]+\u2019(?!\w)
    | \$\$.{1,999}?\$\$ | \\\(.{1,999}?\\\) | \\\[.{1,999}?\\\]      # formulas
    | \b[a-zA-Z][a-zA-Z0-9+.-]{0,20}://[^\s<>"]*[^\s<>".,;:!?)] | \b[\w.+-]{1,64}@[\w-]+\.[\w.-]*\w
    """,
    re.VERBOSE | re.DOTALL,
)
_INDENTED = re.compile(r"^(?: {4}|\t)[^\S\n]*\S", re.MULTILINE)


_MARKS = frozenset("`~\"'\u2018\u201c\u201e\u00ab\u300c$\\:@")
"""Without one of these nothing is literal."""


@lru_cache(maxsize=512)
def segments(text: str) -> Sequence[tuple[str, bool]]:
    """Cut a text into pieces, each with whether it is literal; joined they are the text.

    Several readers want the same text's in a row.
    """
    if _MARKS.isdisjoint(text):
        return ((text, False),) if text else ()
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in _LITERAL.finditer(text):
        if match.start() > end:
            pieces.append((text[end : match.start()], False))
        pieces.append((match[0], True))
        end = match.end()
    if end < len(text):
        pieces.append((text[end:], False))
    return pieces


def laid_out(text: str) -> bool:
    """Whether white space carries meaning throughout: indented code, or one block of data.

    One line is never laid out, nor is fenced code, which is literal anyway.
    """
    body = text.strip()
    if body[:1] in {"[", "{", "<"} and body[-1] in "]}>":
        return True
    return "\n" in body and bool(_INDENTED.search(text))


def prose(text: str) -> str:
    """The text with every literal piece replaced by one space."""
    return "".join(" " if literal else piece for piece, literal in segments(text))


def tidy(text: str) -> str:
    """Reduce white space that no reader can tell apart.

    Line ends become one form and lose what trails them, runs of spaces between words become
    one; line breaks, indentation and everything literal stay.
    """
    lines = re.sub(r"\r\n?", "\n", text)
    lines = "\n".join(line.rstrip() for line in lines.split("\n")).strip("\n")
    if not laid_out(lines):
        lines = "".join(
            piece if literal else re.sub(r"(?<=\S)[^\S\n]+(?=\S)", " ", piece)
            for piece, literal in segments(lines)
        )
    return lines
