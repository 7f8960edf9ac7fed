"""Exact token counts by `tiktoken`, from encodings on this host; nothing is fetched."""

import logging
import re
import threading
from collections.abc import Iterator

from tiktoken import Encoding

from tokenomics_shared.adapters.tiktoken_files import find, parsed, parts_of, read, source_of
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.orchestrator import Estimate

LONGEST = 4096
"""Characters that are counted together when no space, or nothing but space, is between them:
older versions take time by the square of such a run, and run out of stack."""

_RUNS = re.compile(rf"(?<!\S)\S{{{LONGEST + 1},}}|(?<!\s)\s{{{LONGEST + 1},}}")

_log = logging.getLogger("tokenomics")


class Tiktoken:
    """Counts a model's tokens, as a `TokenCounter`. Threads may share it.

    Whether its encoding is on this host is seen at once and settled for the process, so that the
    same text has the same count throughout: what is compressed by counts must not change. The
    encoding itself is loaded when it is first needed, which takes 0.2 to 0.5 s; `warm` does that
    in a thread of its own.
    """

    def __init__(self, encoding: str, model: str = "") -> None:
        """Make a counter.

        Args:
            encoding: its name, as tiktoken has it.
            model: what is counted for, to estimate by while the encoding is nowhere on this host.
        """
        self._name = encoding
        self._estimate = Estimate(model or encoding)
        _encodings.look_for(encoding)

    @property
    def exact(self) -> bool:
        """Whether the encoding is on this host and sound."""
        return not _encodings.is_missing(self._name)

    def count(self, text: str) -> int:
        """The text's tokens; what looks like a control token is text like any other."""
        encoding = _encodings.get(self._name)
        if encoding is None:
            return self._estimate.count(text)
        if len(text) <= LONGEST:
            return len(encoding.encode_ordinary(text))
        return sum(len(encoding.encode_ordinary(piece)) for piece in _pieces(text))

    def warm(self) -> None:
        """Load the encoding soon, while nobody waits."""
        threading.Thread(
            target=_encodings.get, args=(self._name,), name="tokenomics-encoding", daemon=True
        ).start()


def _pieces(text: str) -> Iterator[str]:
    start = 0
    for run in _RUNS.finditer(text):
        for end in range(run.start() + LONGEST, run.end(), LONGEST):
            yield text[start:end]
            start = end
    yield text[start:]


def _whole(name: str) -> bytes | None:
    """The content of an encoding's file; None when no sound one is on this host."""
    try:
        source = source_of(name)
    except ConfigError:
        return None
    path = find(source)
    return None if path is None else read(path, source)


class _Encodings(ForkSafe):
    """The encodings of this process, each looked for and loaded once."""

    def __init__(self) -> None:
        self._found: dict[str, bool] = {}
        self._loaded: dict[str, Encoding] = {}
        self._said = False
        super().__init__()

    def look_for(self, name: str) -> None:
        """Settle whether an encoding is on this host."""
        with self.lock:
            if name not in self._found:
                self._found[name] = _whole(name) is not None
                if not self._found[name]:
                    self._say(name)

    def is_missing(self, name: str) -> bool:
        """Whether it is not on this host, or turned out to be broken."""
        return not self._found.get(name, False)

    def get(self, name: str) -> Encoding | None:
        """The encoding, loaded now if need be; None when it is missing."""
        loaded = self._loaded.get(name)
        if loaded is not None or self.is_missing(name):
            return loaded
        with self.lock:
            if name not in self._loaded and self._found[name]:
                self._load(name)
            return self._loaded.get(name)

    def _load(self, name: str) -> None:
        content = _whole(name)
        if content is None:
            # Gone since it was found, and nothing was counted with it.
            self._found[name] = False
            self._say(name)
            return
        ranks = parsed(content)

        def given(_url: str, /, expected_hash: str) -> dict[bytes, int]:  # noqa: ARG001 -- port
            return ranks

        self._loaded[name] = Encoding(**parts_of(name, given))

    def _say(self, name: str) -> None:
        if not self._said:
            self._said = True
            _log.warning(
                "the encoding %s is not on this host, so tokens are estimated; "
                "`tokenomics download-encodings` fetches it",
                name,
            )


_encodings = _Encodings()
