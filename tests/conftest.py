"""Fixtures that everybody uses."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
from hypothesis import settings

from tokenomics_shared.testing import LoopbackServer

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _one_certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody speaks TLS here, and reading all certificates takes a client 0.1 s each time."""
    end = "-----END CERTIFICATE-----\n"
    only = tmp_path_factory.mktemp("tls") / "one.pem"
    only.write_text(Path(certifi.where()).read_text("utf-8").split(end)[0] + end, "utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSL_CERT_FILE", str(only))
        yield


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own settings, keys or tracing reach the tests."""
    for name in list(os.environ):
        if name.startswith(
            ("TOKENOMICS_", "LANGSMITH_", "LANGCHAIN_", "OPENAI_", "GOOGLE_", "GEMINI_")
        ):
            monkeypatch.delenv(name)


def openai_model(server: LoopbackServer, name: str, **settings: Any) -> Any:
    """A real `ChatOpenAI` on the loopback server."""
    from langchain_openai import ChatOpenAI

    given = {"api_key": "any", "max_retries": 0, "stream_usage": True, **settings}
    return ChatOpenAI(model=name, base_url=server.url, **given)


def gemini_model(server: LoopbackServer, name: str, **settings: Any) -> Any:
    """A real `ChatGoogleGenerativeAI` on the loopback server."""
    from langchain_google_genai import ChatGoogleGenerativeAI

    # Google's client takes 0 retries for its own default.
    given = {"api_key": "any", "max_retries": 1, **settings}
    return ChatGoogleGenerativeAI(model=name, base_url=server.gemini_url, **given)
