"""What an install holds, and what an import costs others: nothing they did not ask for."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import tokenomics_langchain
import tokenomics_llamaindex
import tokenomics_shared

ROOT = Path(__file__).parents[2]
HEAVY = {
    "anthropic",
    "chromadb",
    "faiss",
    "genai_prices",
    "httpx",
    "httpx2",
    "langchain",
    "langchain_core",
    "langchain_openai",
    "llama_index",
    "llmlingua",
    "numpy",
    "onnxruntime",
    "openai",
    "pydantic",
    "redis",
    "requests",
    "rich",
    "sentence_transformers",
    "sklearn",
    "tiktoken",
    "torch",
    "transformers",
    "typer",
    "xgboost",
}


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_importing_the_engine_loads_nothing_else() -> None:
    assert loaded_by("import tokenomics_shared") & HEAVY == set()


def test_the_engine_itself_loads_no_framework_and_nothing_heavy() -> None:
    light = {"pydantic", "genai_prices", "httpx2"}
    found = loaded_by("from tokenomics_shared import Engine; Engine.build().close()")
    assert found & HEAVY <= light


def test_the_langchain_package_loads_langchain_core_and_no_provider() -> None:
    found = loaded_by("import tokenomics_langchain")
    unwanted = HEAVY - {"langchain_core", "pydantic", "httpx", "httpx2", "requests"}
    base = loaded_by("from langchain_core.language_models import BaseChatModel")
    assert found & unwanted <= base


def test_the_llamaindex_package_loads_nothing_until_it_is_used() -> None:
    assert loaded_by("import tokenomics_llamaindex") & HEAVY == set()


def test_the_surfaces_of_compression_load_no_model_and_no_provider() -> None:
    makings = {
        "llama_index.core": "tokenomics_llamaindex import TokenomicsNodePostprocessor",
        "langchain_core.retrievers": "tokenomics_langchain import TokenomicsDocumentCompressor",
        "tokenomics_shared": "tokenomics_shared import Condenser",
    }
    for framework, making in makings.items():
        found = loaded_by(f"from {making} as Made; Made()") & HEAVY
        theirs = loaded_by(f"import {framework}; import tokenomics_langchain.chat_models")
        assert found <= theirs | {"tiktoken", "requests"}, framework


@pytest.mark.parametrize(
    ("there", "name", "absent"),
    [
        ("tokenomics_llamaindex", "TokenomicsNodePostprocessor", "langchain_core"),
        ("tokenomics_langchain", "TokenomicsDocumentCompressor", "llama_index"),
    ],
)
def test_each_framework_works_without_the_other(there: str, name: str, absent: str) -> None:
    code = (
        f"import sys; sys.modules[{absent!r}] = None\n"
        f"from {there} import {name} as Made\n"
        "print(Made(200).token_budget)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout == "200\n", done.stderr


def test_texts_are_condensed_in_the_base_install() -> None:
    code = (
        "import sys\n"
        "for name in ('numpy', 'onnxruntime', 'tiktoken'): sys.modules[name] = None\n"
        "from tokenomics_shared import Condenser, MissingExtra\n"
        "texts = ['It is brass. The warranty lasts 27 months.', 'Tea is served. It is green.']\n"
        "print(Condenser(12).condense(texts, 'How long does the warranty last?').texts)\n"
        "try: Condenser(embedder=len)\n"
        "except MissingExtra as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "The warranty lasts 27 months." in done.stdout, done.stderr
    assert "pip install 'tokenomics-llm[embeddings]'" in done.stdout
    assert done.stderr.count("without embeddings") == 1


def test_the_llamaindex_package_without_llama_index_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['llama_index'] = None\n"
        "from tokenomics_llamaindex import TokenomicsNodePostprocessor"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    last = done.stderr.splitlines()[-1]
    assert "MissingExtra: tokenomics_llamaindex needs" in last
    assert "pip install 'tokenomics-llm[llamaindex]'" in last


def test_the_langchain_package_without_langchain_core_names_the_extra() -> None:
    code = "import sys; sys.modules['langchain_core'] = None; import tokenomics_langchain"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    last = done.stderr.splitlines()[-1]
    assert "MissingExtra: tokenomics_langchain needs" in last
    assert "pip install 'tokenomics-llm[langchain]'" in last


def test_the_middleware_without_langchain_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['langchain'] = None\n"
        "import tokenomics_langchain; print('langgraph' in sys.modules)\n"
        "from tokenomics_langchain import TokenomicsMiddleware"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout == "False\n"
    last = done.stderr.splitlines()[-1]
    assert "MissingExtra: TokenomicsMiddleware needs" in last
    assert "pip install 'tokenomics-llm[agents]'" in last


@pytest.mark.parametrize(
    "package", [tokenomics_shared, tokenomics_langchain, tokenomics_llamaindex]
)
def test_every_public_name_is_there(package: object) -> None:
    names = package.__all__  # type: ignore[attr-defined]  # all have it
    assert sorted(names) == list(names)
    for name in names:
        assert getattr(package, name).__doc__
    assert set(names) <= set(dir(package))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nope'"):
        tokenomics_shared.Nope  # noqa: B018 -- looking is the test


def test_a_wheel_holds_the_packages_and_their_types(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
    ]
    done = subprocess.run(
        [*command, "--wheel-dir", str(tmp_path), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("tokenomics_llm-*.whl")
    held = zipfile.ZipFile(wheel).namelist()
    for package in ("tokenomics_shared", "tokenomics_langchain", "tokenomics_llamaindex"):
        assert f"{package}/py.typed" in held
    assert not [name for name in held if name.startswith(("tests", "examples", "benchmarks"))]


def test_every_dependency_of_the_customers_list_has_its_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    placed = {
        "langchain-core": "langchain",
        "langchain>=": "agents",
        "langchain-openai": "openai",
        "langchain-google-vertexai": "vertexai",
        "llama-index-core": "llamaindex",
        "faiss-cpu": "embeddings",
        "sentence-transformers": "sentence-transformers",
        "tiktoken": "tiktoken",
        "llmlingua": "llmlingua",
        "xgboost-cpu": "xgboost",
        "pytest-asyncio": "tests",
    }
    for dependency, extra in placed.items():
        assert any(line.startswith(dependency) for line in extras[extra]), dependency
    assert {"offline", "redis", "all"} <= set(extras)
