"""LangChain's own suites: what a plain model passes on the loopback server, ours passes."""

from typing import Any

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from tests.integration.conformance.suites import (
    AllOff,
    AllOn,
    Gemini,
    GeminiFirst,
    GeminiLast,
    OpenAI,
    TwoOpenAI,
)

pytestmark = [
    # Plain ChatOpenAI draws all of these too.
    pytest.mark.filterwarnings("ignore:OpenAI may require a filename:UserWarning"),
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
    pytest.mark.filterwarnings("ignore:Received a Pydantic BaseModel V1 schema:UserWarning"),
]

OF_OUR_OWN_REASON = {
    "test_init_from_env": "models, not keys, are what ours is made of",
    "test_serdes": "LangChain loads no third party's class",
}

PASSED = {
    ("OpenAI", "Unit"): 10,
    ("OpenAI", "Integration"): 56,
    ("Gemini", "Unit"): 10,
    ("Gemini", "Integration"): 53,
}
"""How many tests a plain model passes at the least."""


class _Serialised:
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


class TestOpenAIUnit(_Serialised, OpenAI, ChatModelUnitTests):
    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"OPENAI_API_KEY": "any"}, self.chat_model_params, {"openai_api_key": "any"}


class TestOpenAIIntegration(OpenAI, ChatModelIntegrationTests):
    pass


class TestGeminiUnit(_Serialised, Gemini, ChatModelUnitTests):
    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"GOOGLE_API_KEY": "any"}, self.chat_model_params, {"google_api_key": "any"}


class TestGeminiIntegration(Gemini, ChatModelIntegrationTests):
    pass


class TestTwoOpenAIUnit(TwoOpenAI, ChatModelUnitTests):
    pass


class TestTwoOpenAIIntegration(TwoOpenAI, ChatModelIntegrationTests):
    pass


class TestTwoOpenAIOnUnit(AllOn, TwoOpenAI, ChatModelUnitTests):
    pass


class TestTwoOpenAIOnIntegration(AllOn, TwoOpenAI, ChatModelIntegrationTests):
    pass


class TestTwoOpenAIOffUnit(AllOff, TwoOpenAI, ChatModelUnitTests):
    pass


class TestTwoOpenAIOffIntegration(AllOff, TwoOpenAI, ChatModelIntegrationTests):
    pass


class TestGeminiFirstOnUnit(AllOn, GeminiFirst, ChatModelUnitTests):
    pass


class TestGeminiFirstOnIntegration(AllOn, GeminiFirst, ChatModelIntegrationTests):
    pass


class TestGeminiFirstOffUnit(AllOff, GeminiFirst, ChatModelUnitTests):
    pass


class TestGeminiFirstOffIntegration(AllOff, GeminiFirst, ChatModelIntegrationTests):
    pass


class TestGeminiLastOnUnit(AllOn, GeminiLast, ChatModelUnitTests):
    pass


class TestGeminiLastOnIntegration(AllOn, GeminiLast, ChatModelIntegrationTests):
    pass


class TestGeminiLastOffUnit(AllOff, GeminiLast, ChatModelUnitTests):
    pass


class TestGeminiLastOffIntegration(AllOff, GeminiLast, ChatModelIntegrationTests):
    pass


@pytest.mark.parametrize("kind", ["Unit", "Integration"])
@pytest.mark.parametrize(
    ("plain", "ours"),
    [
        ("OpenAI", "TwoOpenAI"),
        ("OpenAI", "TwoOpenAIOn"),
        ("OpenAI", "TwoOpenAIOff"),
        ("OpenAI", "GeminiFirstOn"),
        ("OpenAI", "GeminiFirstOff"),
        ("Gemini", "GeminiLastOn"),
        ("Gemini", "GeminiLastOff"),
    ],
)
def test_what_premium_alone_passes_ours_passes(
    plain: str, ours: str, kind: str, outcomes: dict[str, dict[str, str]]
) -> None:
    """Runs after the suites above, in the same session."""
    alone, together = outcomes[f"Test{plain}{kind}"], outcomes[f"Test{ours}{kind}"]
    assert list(alone.values()).count("passed") >= PASSED[plain, kind]
    assert set(together) == set(alone)
    differing = {name for name in alone if together[name] != alone[name]}
    assert differing <= set(OF_OUR_OWN_REASON)
