"""Stack traces: which lines are frames, and which of them matter."""

import re
from collections.abc import Sequence

from tokenomics_shared.compression.lines import Line
from tokenomics_shared.compression.wanted import Wanted

_FRAME = re.compile(
    r'\s*File ".+", line \d+'
    r"|\s+at [^\s(]+(?: \[as [^\]]+\])? ?\(.*\)(?: in .+:line \d+)?\s*$"
    r"|\s+at (?:async )?\S+:\d+(?::\d+)?\)?\s*$"
    r"|\s+at .+ in .+:line \d+"
    r"|\s+\S+\.(?:go|rs|c|cc|cpp|h):\d+(?::\d+)?(?: \+0x[0-9a-f]+)?\s*$"
    r"|\s*from \S+:\d+:in |\s+\d+: +(?:0x[0-9a-f]+ - )?\S+::\S+|\s*#\d+\s+\S+"
    r"|\s+\.\.\. \d+ (?:more|common frames)"
)
_GO_CALL = re.compile(r"[\w./*()-]+\.[\w.*()\[\]]+\([{}, \w?.]*\)\s*$")
_LIBRARY = re.compile(
    r"site-packages|dist-packages|/lib/python|/lib64/python|node_modules|node:internal|<frozen"
    r"|\bat (?:async )?(?:java|javax|jakarta|jdk|sun|kotlin|scala|akka|System|Microsoft"
    r"|com\.sun|com\.fasterxml|com\.zaxxer|com\.google|io\.netty|io\.grpc|reactor"
    r"|org\.(?:springframework|apache|hibernate|junit|eclipse|postgresql|jboss))[.\w$/]*\."
    r"|/usr/(?:local/)?(?:go|lib)/|/rustc/|\b(?:std|core|tokio)::|/gems/|vendor/|\(internal/"
    r"|\.\.\. \d+ more"
)
_RAISED = re.compile(
    r"Traceback|goroutine \d+|panic:|Caused by|^\s*(?:[\w.$]+\.)?\w*(?:Error|Exception|Panic)\b"
    r"|^Exception in thread|stack backtrace|Unhandled exception",
    re.MULTILINE,
)
_READ = 400
"""Characters of a line that are looked at."""
_EDGE = 2
"""Frames at each end of a trace that tell most."""
_FEW = 6
"""Frames up to which a trace is left as it is."""


def is_frame(line: str) -> bool:
    """Whether a line is a frame of a stack trace."""
    return _FRAME.match(line[:_READ]) is not None


def _is_call(line: str) -> bool:
    """Whether a line is a call as Go prints it, above where it is."""
    return len(line) <= _READ and _GO_CALL.match(line) is not None


def is_trace(lines: Sequence[str]) -> bool:
    """Whether lines are mostly a stack trace."""
    frames = _frames(lines)
    in_frames = sum(frames)
    filled = sum(1 for line in lines if line.strip())
    calls = sum(1 for line in lines if is_frame(line))
    return calls >= _FEW and in_frames >= 0.4 * filled and bool(_RAISED.search("\n".join(lines)))


def framed(lines: Sequence[str], worth: float | None, form: int, wanted: Wanted) -> list[Line]:
    """An entry whose lines have a trace: its frames may go, library code first.

    Args:
        lines: all lines of the entry.
        worth: what the entry is worth; None when it always stays.
        form: the entry's form.
        wanted: what the query asks for.
    """
    frames = _frames(lines)
    runs = sum(1 for line in lines if is_frame(line))
    if runs <= _FEW:
        return [Line("\n".join(lines), worth, form)]
    first = frames.index(True) or 1
    found = [Line("\n".join(lines[:first]), worth, form)]
    groups = _groups(lines[first:], frames[first:])
    matches = wanted.matches([text for _, text in groups])
    for at, (frame, text) in enumerate(groups):
        if not frame:
            found.append(Line(text, None, frame=True))
            continue
        around = groups[max(at - _EDGE, 0) : at + _EDGE + 1]
        edge = len(around) <= 2 * _EDGE or not all(flag for flag, _ in around)
        own = _LIBRARY.search(text) is None
        value = 0.3 + 1.2 * edge + 1.4 * own + 0.3 * matches[at]
        found.append(Line(text, (worth or 1.0) * 0.2 + value, frame=True))
    return found


def _groups(lines: Sequence[str], frames: Sequence[bool]) -> list[tuple[bool, str]]:
    """Frames, each with the code below it, and the lines between them."""
    groups: list[tuple[bool, list[str]]] = []
    for line, frame in zip(lines, frames, strict=True):
        begins = is_frame(line) or (frame and _is_call(line))
        follows = bool(groups) and groups[-1][0] == frame
        called = follows and frame and len(groups[-1][1]) == 1 and _is_call(groups[-1][1][0])
        if follows and (not begins or not frame or called):
            groups[-1][1].append(line)
        else:
            groups.append((frame, [line]))
    return [(frame, "\n".join(held)) for frame, held in groups]


def _frames(lines: Sequence[str]) -> list[bool]:
    """Which lines are frames or the code that a frame quotes."""
    found = [is_frame(line) for line in lines]
    for at, line in enumerate(lines):
        if found[at]:
            continue
        quotes = at > 0 and line.startswith("    ") and lines[at - 1].lstrip().startswith("File ")
        marks = at > 1 and found[at - 1] and bool(line.strip()) and not line.strip(" ~^")
        calls = at + 1 < len(lines) and _is_call(line) and is_frame(lines[at + 1])
        found[at] = quotes or marks or calls
    return found
