"""What the documents show runs, against a loopback server that stands in for OpenAI's."""

import gc
import re
import tomllib
import warnings
from pathlib import Path

import pytest
from langchain_core.globals import set_llm_cache

from tokenomics_shared import TokenomicsConfig
from tokenomics_shared.testing import LoopbackServer

ROOT = Path(__file__).parents[2]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(#[^)]+)?\)")


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (f"{path.name} {number}", body)
        for path in DOCS
        for number, (found, body) in enumerate(FENCE.findall(path.read_text("utf-8")), start=1)
        if found == language
    ]


# One recipe is about what LangChain calls deprecated, and LlamaIndex's agents use what Pydantic
# calls so.
@pytest.mark.filterwarnings(
    "ignore:.*(RunnableWith|InMemoryChat)MessageHistory:DeprecationWarning"
)
@pytest.mark.filterwarnings("ignore:.*:pydantic.warnings.PydanticDeprecationWarning")
@pytest.mark.parametrize(("place", "code"), blocks("python"), ids=lambda value: value[:20])
def test_code_runs(place: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if place.startswith("llamaindex.md"):
        pytest.importorskip("llama_index.llms.openai_like", reason="not installed")
    with LoopbackServer() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "any")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_BASE", server.url)  # LlamaIndex's name for it
        monkeypatch.chdir(tmp_path)
        try:
            exec(compile(code, place, "exec"), {"__name__": "__main__"})  # noqa: S102 -- our own
        finally:
            set_llm_cache(None)
            _forget_default_model()


def _forget_default_model() -> None:
    from llama_index.core import Settings

    Settings._llm = None
    with warnings.catch_warnings():
        # Event loops that LlamaIndex's sync engines leave behind: not for a later test to find.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.parametrize(("place", "text"), blocks("toml"), ids=lambda value: value[:20])
def test_configuration_is_one(place: str, text: str) -> None:
    assert TokenomicsConfig(**tomllib.loads(text))


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    for name, field in TokenomicsConfig.model_fields.items():
        assert f"`{name}`" in text, name
        for setting in getattr(field.annotation, "model_fields", {}):
            assert f"`{setting}`" in text, f"{name}.{setting}"


@pytest.mark.parametrize("path", [*DOCS, ROOT / "ARCHITECTURE.md"], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target, anchor in LINK.findall(path.read_text("utf-8")):
        linked = path.parent / target
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), re.MULTILINE)
            assert anchor[1:] in set(map(slug, headings))


def slug(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150
