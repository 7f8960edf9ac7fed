"""LangChain's own suites: what plain ChatOpenAI passes on the loopback server, ours passes."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from tests.conftest import openai_model
from tokenomics_langchain import ChatTokenomics, TokenomicsConfig
from tokenomics_shared.testing import LoopbackServer

pytestmark = [
    # Plain ChatOpenAI draws both of these too.
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
    pytest.mark.filterwarnings("ignore:Received a Pydantic BaseModel V1 schema:UserWarning"),
]

OF_OUR_OWN_REASON = {
    "test_init_from_env": "models, not keys, are what ours is made of",
    "test_serdes": "LangChain loads no third party's class",
}


class _Suite:
    server: LoopbackServer

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _serve(cls) -> Iterator[None]:
        with LoopbackServer() as cls.server:
            yield

    @pytest.fixture(autouse=True)
    def _key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "any")

    @property
    def chat_model_class(self) -> Any:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "gpt-4o", "base_url": self.server.url, "stream_usage": True}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_model_override(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "gpt-4.1"


class _Ours(_Suite):
    @property
    def chat_model_class(self) -> Any:
        return ChatTokenomics

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {
            "cheap": openai_model(self.server, "gpt-4o-mini"),
            "premium": openai_model(self.server, "gpt-4o"),
        }


class _Off(_Ours):
    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {**super().chat_model_params, "config": TokenomicsConfig.off()}


class _Meaning(_Ours):
    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {**super().chat_model_params, "memory": {"use_semantic_cache": True}}


class TestPlainUnit(_Suite, ChatModelUnitTests):
    @pytest.fixture
    def snapshot(self) -> Any:
        """What is serialised is theirs to look at; here it has only to be serialisable."""

        class Anything:
            def __call__(self, **_: Any) -> "Anything":
                return self

            def __eq__(self, other: object) -> bool:
                return isinstance(other, dict)

            __hash__ = None  # type: ignore[assignment]

        return Anything()

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"OPENAI_API_KEY": "any"}, self.chat_model_params, {"openai_api_key": "any"}


class TestPlainIntegration(_Suite, ChatModelIntegrationTests):
    pass


class TestOnUnit(_Ours, ChatModelUnitTests):
    pass


class TestOnIntegration(_Ours, ChatModelIntegrationTests):
    pass


class TestMeaningUnit(_Meaning, ChatModelUnitTests):
    pass


class TestMeaningIntegration(_Meaning, ChatModelIntegrationTests):
    pass


class TestOffUnit(_Off, ChatModelUnitTests):
    pass


class TestOffIntegration(_Off, ChatModelIntegrationTests):
    pass


@pytest.mark.parametrize("kind", ["Unit", "Integration"])
@pytest.mark.parametrize("parts", ["On", "Meaning", "Off"])
def test_what_plain_passes_ours_passes(
    kind: str, parts: str, outcomes: dict[str, dict[str, str]]
) -> None:
    """Runs after the suites above, in the same session."""
    plain, ours = outcomes[f"TestPlain{kind}"], outcomes[f"Test{parts}{kind}"]
    assert list(plain.values()).count("passed") >= {"Unit": 8, "Integration": 43}[kind]
    assert set(ours) == set(plain)
    differing = {name for name in plain if ours[name] != plain[name]}
    assert differing <= set(OF_OUR_OWN_REASON)
