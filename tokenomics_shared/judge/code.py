"""Code in an answer: does it parse?"""

import ast
import re
import warnings

_FENCE = re.compile(
    r"^[ \t]*```[ \t]*([\w+#.-]*)[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE
)
_PYTHON = frozenset({"python", "python3", "py"})
_NO_LANGUAGE = frozenset(
    "bash console diff ini json output plaintext sh shell text txt yaml".split()
)
"""What fences are named that hold no program."""

_ASKS = re.compile(
    r"\b(?:write|implement|create|complete|define|fix|give|provide|need)\b[^.?!\n]{0,60}"
    r"\b(?:function|code|script|program|class|method|regex)\b|\bin python\b|^\s*def \w+\(",
    re.IGNORECASE | re.MULTILINE,
)
_OTHER_LANGUAGE = re.compile(
    r"\b(?:java|javascript|typescript|rust|golang|ruby|php|perl|kotlin|swift|scala|haskell|julia|"
    r"bash|shell|powershell|sql|html|css|matlab|lua|dart|fortran|cobol|pseudo-?code)\b|"
    r"\bc(?:\+\+|#)|\bin (?:c|go|r)\b|\bpython ?2\b",
    re.IGNORECASE,
)
_LINE_OF_CODE = re.compile(
    r"""\s*(?:def\s+\w+\s*\(
    |(?:class|for|while|if|elif|with|async[ ]def)\b.*:\s*(?:\#.*)?$
    |else: |try: |except\b.*: |pass$
    |@\w |(?:return|import|from|raise|yield|assert|print)\b
    |\#include\b |using[ ]namespace |\#
    |\w[\w.\[\]]*(?:\s*,\s*\w+)*\s*[-+*/]?=[^=] |\w[\w.]*\(.*\)\s*$ |[\])}]+\s*$
    |\"{3} |'{3} |.*[;{}]\s*$)""",
    re.VERBOSE,
)
_SESSION = re.compile(r"^\s*(?:>>>|\.\.\.|In \[\d+\]:|\$|%|!)", re.MULTILINE)
"""Transcripts of a shell, and notebooks' commands."""
_ELISION = re.compile(r"^\s*(?:\.\.\.|\u2026)\s*$|(?<!#include )<[a-z_ ]+>|\{\{", re.MULTILINE)
"""Places left for the reader to fill in."""
_MOSTLY = 0.7
_MAX = 50_000


def code_fault(question: str, answer: str, *, python: bool = False) -> str | None:
    """Why the Python in an answer can't run; None when it parses, or there is none.

    Code is Python when its fence says so, or, without a name on the fence or without a fence, when
    code was asked for and no other language was named. The longest piece counts: others may be
    shown in parts.

    Args:
        question: what was asked.
        answer: the answer.
        python: whatever code is asked for must be Python, also where the question doesn't say so.
    """
    if len(answer) > _MAX:
        return None
    # Answers are looked at first: questions may be long, and few answers are code.
    blocks = _FENCE.findall(answer) if "```" in answer else []
    if not blocks:
        plain = _plain_fault(answer)
        return plain if plain and _wanted(question, python=python) else None
    mine = [body for name, body in blocks if name.lower() in _PYTHON]
    if not mine and _wanted(question, python=python):
        names = {name.lower() for name, _ in blocks}
        if python and not names & (_NO_LANGUAGE | {""}):
            return f"code is {', '.join(sorted(names))}, not Python"
        mine = [body for name, body in blocks if not name and _LINE_OF_CODE.match(body)]
    fault = _fault(max(mine, key=len, default=""))
    return f"code does not parse: {fault}" if fault else None


def _wanted(question: str, *, python: bool) -> bool:
    """Whether Python is asked for."""
    return bool(_ASKS.search(question)) and (python or not _OTHER_LANGUAGE.search(question))


def _plain_fault(answer: str) -> str | None:
    """As for a block, of an answer that is code from its first line to its last."""
    lines = [line for line in answer.splitlines() if line.strip()]
    if not lines or not _LINE_OF_CODE.match(lines[0]):
        return None
    if sum(bool(_LINE_OF_CODE.match(line)) for line in lines) < _MOSTLY * len(lines):
        return None
    fault = _fault(_without_remarks(answer))
    return f"code does not parse: {fault}" if fault else None


def _without_remarks(answer: str) -> str:
    """The paragraphs up to the last one that begins as code does."""
    paragraphs = re.split(r"\n[ \t]*\n", answer)
    while paragraphs and not _LINE_OF_CODE.match(paragraphs[-1].strip("\n").partition("\n")[0]):
        paragraphs.pop()
    return "\n\n".join(paragraphs)


def _fault(body: str) -> str | None:
    if not body.strip() or _SESSION.search(body) or _ELISION.search(body):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(_dedented(body))
    except SyntaxError as error:
        return f"{error.msg}, line {error.lineno}"
    except (ValueError, RecursionError, MemoryError) as error:
        return type(error).__name__
    return None


def _dedented(body: str) -> str:
    """A block without the indent of the list item it is in."""
    lines = body.expandtabs(4).splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[indent:] for line in lines)
