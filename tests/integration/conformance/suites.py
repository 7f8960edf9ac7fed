"""What the suites are run over: plain models, and pairs of them behind ours."""

import io
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
import requests
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_openai import ChatOpenAI

from tests.conftest import gemini_model, openai_model
from tokenomics_langchain import ChatTokenomics, TokenomicsConfig
from tokenomics_shared.adapters.embeddings import embedder_of
from tokenomics_shared.testing import LoopbackServer

SILENCE = b"RIFF$\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00@\x1f\x00\x00"
PAPER = b"%PDF-1.4\n%%EOF\n"

EVERYTHING: dict[str, Any] = {
    "memory": {
        "use_semantic_cache": True,
        "near_miss": "context",
        "allow_tools": True,
        "allow_structured": True,
        "across_histories": True,
    },
    "orchestrator": {"history": "summary"},
    "compression": True,
    "bandit": {"seed": 7},
    "judge": {
        "judges": ("checks", "confidence", "scorer", "quick", "reference"),
        "reference": lambda prompt: "The reference answer.",
    },
    "audit": {"rate": 0.25},
}
"""Whatever needs no further model."""


def _chunk(kind: bytes, data: bytes) -> bytes:
    told = kind + data
    return struct.pack(">I", len(data)) + told + struct.pack(">I", zlib.crc32(told))


def picture() -> bytes:
    """One black pixel, as PNG."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = _chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    return b"\x89PNG\r\n\x1a\n" + head + pixels + _chunk(b"IEND", b"")


def _content(url: str) -> bytes:
    """What the suites look for on the internet."""
    if url.endswith(".pdf"):
        return PAPER
    return SILENCE if url.endswith((".wav", ".mp3", ".ogg")) else picture()


def _by_httpx(url: str, **_: Any) -> httpx.Response:
    return httpx.Response(200, content=_content(url))


def _by_requests(url: str, **_: Any) -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response.raw = io.BytesIO(_content(url))
    return response


@cache
def _minilm() -> Any:
    """One for all: loading it takes half a second."""
    return embedder_of()


class Suite:
    """A model on the loopback server, with all that it can do claimed.

    `methods` are the ways of structured output that every test of one is run with.
    """

    server: LoopbackServer
    methods: ClassVar[tuple[str, ...]] = ("function_calling", "json_schema")
    _method = ""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _serve(cls) -> Iterator[None]:
        with LoopbackServer() as cls.server:
            yield

    @pytest.fixture(autouse=True)
    def _outside(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "any")
        monkeypatch.setenv("GOOGLE_API_KEY", "any")
        monkeypatch.setenv("LANGCHAIN_TESTS_USER_AGENT", "none")
        monkeypatch.setattr(httpx, "get", _by_httpx)
        monkeypatch.setattr(requests, "get", _by_requests)

    @pytest.fixture(autouse=True)
    def _how(self, request: pytest.FixtureRequest) -> None:
        self._method = getattr(request, "param", "")

    @property
    def structured_output_kwargs(self) -> dict[str, Any]:
        return {"method": self._method} if self._method else {}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_image_urls(self) -> bool:
        return True

    @property
    def supports_pdf_inputs(self) -> bool:
        return True

    @property
    def supports_audio_inputs(self) -> bool:
        return True


class _LikeOpenAI(Suite):
    """What only `ChatOpenAI` can do: read Anthropic's blocks, take another model for a call."""

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def supports_model_override(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "gpt-4.1"


class _LikeGemini(Suite):
    """What only `ChatGoogleGenerativeAI` can do: read pictures and papers that tools found."""

    @property
    def supports_model_override(self) -> bool:
        return False

    @property
    def supports_image_tool_message(self) -> bool:
        return True

    @property
    def supports_pdf_tool_message(self) -> bool:
        return True


class OpenAI(_LikeOpenAI):
    """Plain `ChatOpenAI`."""

    @property
    def chat_model_class(self) -> Any:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "gpt-4o", "base_url": self.server.url, "stream_usage": True}


class Gemini(_LikeGemini):
    """Plain `ChatGoogleGenerativeAI`."""

    @property
    def chat_model_class(self) -> Any:
        return ChatGoogleGenerativeAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "gemini-2.5-pro", "base_url": self.server.gemini_url, "max_retries": 1}


class _Ours(Suite):
    """Ours over two of them, with the settings of a user who sets none."""

    @property
    def chat_model_class(self) -> Any:
        return ChatTokenomics

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {**self.tiers, **self.settings}

    @property
    def tiers(self) -> dict[str, Any]:
        raise NotImplementedError

    @property
    def settings(self) -> dict[str, Any]:
        return {}


class TwoOpenAI(_Ours, _LikeOpenAI):
    """Drafts and answers of OpenAI's."""

    @property
    def tiers(self) -> dict[str, Any]:
        return {
            "cheap": openai_model(self.server, "gpt-4o-mini"),
            "premium": openai_model(self.server, "gpt-4o"),
        }


class GeminiFirst(_Ours, _LikeOpenAI):
    """Drafts of Google's, answers of OpenAI's."""

    @property
    def tiers(self) -> dict[str, Any]:
        return {
            "cheap": gemini_model(self.server, "gemini-2.5-flash"),
            "premium": openai_model(self.server, "gpt-4o"),
        }


class GeminiLast(_Ours, _LikeGemini):
    """Drafts of OpenAI's, answers of Google's."""

    @property
    def tiers(self) -> dict[str, Any]:
        return {
            "cheap": openai_model(self.server, "gpt-4o-mini"),
            "premium": gemini_model(self.server, "gemini-2.5-pro"),
        }


class AllOn:
    """Every part on, with its state in a folder that all tests of the class share."""

    folder: Path

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _keep(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        cls.folder = tmp_path_factory.mktemp("state")

    @property
    def settings(self) -> dict[str, Any]:
        memory = {**EVERYTHING["memory"], "embedder": _minilm()}
        return {**EVERYTHING, "memory": memory, "state_dir": self.folder}


class AllOff:
    """Every part off."""

    @property
    def settings(self) -> dict[str, Any]:
        return {"config": TokenomicsConfig.off()}
