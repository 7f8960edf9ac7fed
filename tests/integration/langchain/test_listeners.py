"""Who is heard without being asked: the same as LangChain itself would find."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest
from langchain_core.callbacks import CallbackManager, get_usage_metadata_callback
from langchain_core.globals import set_debug
from langchain_core.tracers.context import collect_runs
from langsmith.utils import get_env_var

from tests.integration.langchain.conftest import Make
from tokenomics_langchain.listeners import needs_no_run


@contextmanager
def debugging() -> Iterator[None]:
    set_debug(True)
    try:
        yield
    finally:
        set_debug(False)


WAYS = {
    "nobody": nullcontext,
    "usage": get_usage_metadata_callback,
    "collected": collect_runs,
    "debug": debugging,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_run_is_kept_exactly_when_somebody_would_hear_of_it(make: Make, way: str) -> None:
    entered: Callable[[], AbstractContextManager[object]] = WAYS[way]  # type: ignore[assignment]  # one of several kinds
    with entered():
        handlers = CallbackManager.configure().handlers
        assert needs_no_run(make(), {}) is (not handlers)
        assert bool(handlers) is (way != "nobody")


@pytest.mark.parametrize("name", ["LANGCHAIN_TRACING", "LANGSMITH_TRACING"])
def test_the_environment_can_ask_for_traces(
    make: Make, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm = make()
    assert needs_no_run(llm, {})
    get_env_var.cache_clear()  # type: ignore[attr-defined]  # an lru_cache behind overloads
    monkeypatch.setenv(name, "true")
    assert not needs_no_run(llm, {})
    monkeypatch.undo()
    get_env_var.cache_clear()  # type: ignore[attr-defined]  # an lru_cache behind overloads
