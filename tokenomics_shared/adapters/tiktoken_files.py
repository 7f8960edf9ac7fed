"""Where the encodings' files are on this host, and how they are fetched when somebody asks to.

tiktoken itself fetches a file that it doesn't find, or that is broken, without a time limit, in
the middle of whatever asked for the encoding. So its loading is left out: what it would fetch, and
the digest that must have, are asked of its own table, and the files are found and read here.
"""

import base64
import binascii
import hashlib
import http.client
import importlib.util
import os
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, Protocol
from urllib.parse import urlsplit

from tiktoken_ext import openai_public

from tokenomics_shared.adapters.minilm_files import cache_folder, put
from tokenomics_shared.errors import ConfigError, StoreError

USUAL = ("o200k_base", "cl100k_base")
"""The encodings of today's models."""

TIMEOUT_S = 20.0
"""Seconds a server may say nothing."""

TOTAL_S = 300.0
"""Seconds one file may take."""

_PACKAGES = (
    ("llama_index", "core/_static/tiktoken_cache"),
    ("litellm", "litellm_core_utils/tokenizers"),
)
"""Packages that bring encodings, and where."""

_CHUNK = 1 << 16


class Ranks(Protocol):
    """Gives the ranks by token, in the place of tiktoken's own function."""

    def __call__(self, url: str, /, expected_hash: str) -> dict[bytes, int]:
        """What is published at an address, with this digest."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """Where an encoding is published.

    Attributes:
        url: its address.
        sha256: digest of what is there, in hexadecimal.
    """

    url: str
    sha256: str

    @property
    def file(self) -> str:
        """Its name in every folder of encodings, as tiktoken has it."""
        return hashlib.sha1(self.url.encode(), usedforsecurity=False).hexdigest()


def encodings_folder() -> Path:
    """Where `tokenomics download-encodings` puts what it fetches."""
    return cache_folder() / "encodings"


def source_of(name: str) -> Source:
    """Where an encoding is published.

    Raises:
        ConfigError: the installed tiktoken knows none of this name, or one of several files.
    """
    asked: list[Source] = []

    def note(url: str, /, expected_hash: str) -> dict[bytes, int]:
        asked.append(Source(url, expected_hash))
        return {}

    parts_of(name, note)
    if len(asked) != 1:
        raise ConfigError(f"the installed tiktoken makes {name!r} of {len(asked)} files, not of 1")
    return asked[0]


def parts_of(name: str, ranks: Ranks) -> Mapping[str, Any]:
    """What tiktoken makes an encoding of, its tokens read by `ranks` instead of by tiktoken.

    Its own functions run, with `ranks` in the place of what they call to load a file.

    Raises:
        ConfigError: the installed tiktoken knows none of this name, or makes it in another way.
    """
    makers: Mapping[str, FunctionType] = openai_public.ENCODING_CONSTRUCTORS
    if name not in makers:
        raise ConfigError(f"no encoding {name!r}; there are {', '.join(sorted(makers))}")
    seen: dict[str, Any] = {
        label: ranks if getattr(value, "__module__", "") == "tiktoken.load" else value
        for label, value in vars(openai_public).items()
    }
    for maker in makers.values():
        seen[maker.__name__] = FunctionType(maker.__code__, seen)
    try:
        parts: Mapping[str, Any] = seen[makers[name].__name__]()
    except (LookupError, TypeError) as error:
        raise ConfigError(f"the installed tiktoken makes {name!r} in another way") from error
    return parts


def find(source: Source) -> Path | None:
    """The first sound file of an encoding on this host."""
    for folder in folders():
        path = folder / source.file
        if read(path, source) is not None:
            return path
    return None


def folders() -> Iterator[Path]:
    """Where encodings may be on this host; packages are found without importing them."""
    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if named := os.environ.get(variable):
            yield Path(named)
    yield encodings_folder()
    for package, inside in _PACKAGES:
        with suppress(ImportError, ValueError):
            spec = importlib.util.find_spec(package)
            for place in (spec.submodule_search_locations or ()) if spec else ():
                yield Path(place) / inside
    yield Path(tempfile.gettempdir()) / "data-gym-cache"


def read(path: Path, source: Source) -> bytes | None:
    """A file's content, or None unless it is there and as published."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == source.sha256 else None


def parsed(content: bytes) -> dict[bytes, int]:
    """Ranks by token: a line has a token in base64 and its rank.

    Raises:
        ValueError: it is something else.
    """
    try:
        pairs = (line.split() for line in content.splitlines() if line)
        return {base64.b64decode(token): int(rank) for token, rank in pairs}
    except binascii.Error as error:
        raise ValueError(f"no table of ranks: {error}") from error


def download(
    names: Sequence[str],
    folder: Path,
    on_step: Callable[[str], object] = str,
    *,
    mirror: str | None = None,
    timeout_s: float = TIMEOUT_S,
) -> list[Path]:
    """Fetch encodings that are not in a folder yet.

    Args:
        names: of the encodings.
        folder: where to; made if need be.
        on_step: told of each step in a few words.
        mirror: fetch from this server instead of the publisher's, under the same path.
        timeout_s: seconds a server may say nothing.

    Returns:
        The files, each whole and as published.

    Raises:
        ConfigError: there is no such encoding, or the mirror is no address.
        StoreError: a file can't be fetched or written, or is not what was published.
    """
    if mirror is not None and urlsplit(mirror).scheme not in {"http", "https"}:
        raise ConfigError(f"the mirror must be an http or https address, got {mirror!r}")
    made = []
    for name, source in [(name, source_of(name)) for name in names]:
        path = folder / source.file
        if read(path, source) is None:
            url = mirror.rstrip("/") + urlsplit(source.url).path if mirror else source.url
            on_step(f"fetching {name} from {url}")
            _store(path, _fetched(url, source, timeout_s))
        on_step(f"{name} is ready: {path}")
        made.append(path)
    return made


def _fetched(url: str, source: Source, timeout_s: float) -> bytes:
    end = time.monotonic() + TOTAL_S
    content = b""
    try:
        # Only http and https addresses come here.
        with urllib.request.urlopen(url, timeout=timeout_s) as answer:  # noqa: S310
            while chunk := answer.read1(_CHUNK):
                content += chunk
                if time.monotonic() > end:
                    raise TimeoutError(f"not done after {TOTAL_S:.0f} s")
    except (OSError, http.client.HTTPException) as error:
        raise StoreError(f"{url} can't be fetched: {error}") from error
    if hashlib.sha256(content).hexdigest() != source.sha256:
        raise StoreError(f"{url} gave {len(content)} bytes that are not what was published")
    return content


def _store(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, content)
    except OSError as error:
        raise StoreError(f"{path} can't be written: {error}") from error
