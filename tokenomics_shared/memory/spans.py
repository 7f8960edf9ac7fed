"""Where a text is to be taken literally: code, quotations, addresses."""

import re

_LITERAL = re.compile(
    r"""
      ```.*?(?:```|\Z) | ~~~.*?(?:~~~|\Z)          # fenced code, closed or not
    | `[^`\n]+`                                    # inline code
    | "[^"\n]+" | “[^”\n]+” | «[^»\n]+» | „[^“”\n]+[“”] | 「[^」\n]+」
    | (?<![\w'\u2019])'[^'\n]+'(?!\w) | (?<!\w)\u2018[^\u2019\n]+\u2019(?!\w)
    | \$\$.+?\$\$ | \\\(.+?\\\) | \\\[.+?\\\]      # formulas
    | \b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s<>"]*[^\s<>".,;:!?)] | \b[\w.+-]+@[\w-]+\.[\w.-]*\w
    """,
    re.VERBOSE | re.DOTALL,
)
_INDENTED = re.compile(r"\n(?: {4}|\t)\s*\S|\A(?: {4}|\t)\s*\S.*\n", re.DOTALL)
_STRUCTURED = re.compile(r"\s*[\[{<].*[\]}>]\s*\Z", re.DOTALL)


def segments(text: str) -> list[tuple[str, bool]]:
    """Cut a text into pieces, each with whether it is literal; joined they are the text."""
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

    Fenced code doesn't count, it is literal anyway.
    """
    return bool(_INDENTED.search(text) or _STRUCTURED.match(text))


def prose(text: str) -> str:
    """The text with every literal piece replaced by one space."""
    return "".join(" " if literal else piece for piece, literal in segments(text))


def tidy(text: str) -> str:
    """Reduce white space that no reader can tell apart.

    Line ends become one form and lose what trails them, runs of spaces between words become
    one; line breaks, indentation and everything literal stay.
    """
    lines = re.sub(r"\r\n?", "\n", text)
    if not laid_out(lines):
        lines = "".join(
            piece if literal else re.sub(r"(?<=\S)[^\S\n]+(?=\S)", " ", piece)
            for piece, literal in segments(lines)
        )
    return re.sub(r"[^\S\n]+(?=\n|\Z)", "", lines).strip("\n")
