"""Runs structured output in every way, and remembers how each test of the suites ended."""

import pytest

from tests.integration.conformance.suites import Suite

Outcomes = dict[str, dict[str, str]]
_OUTCOMES: Outcomes = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    suite, name = metafunc.cls, metafunc.function.__name__
    if suite and issubclass(suite, Suite) and name.startswith("test_structured"):
        metafunc.parametrize("_how", suite.methods, indirect=True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    names = report.nodeid.split("::")
    if len(names) != 3 or (report.when != "call" and report.outcome == "passed"):
        return
    _OUTCOMES.setdefault(names[1], {})[names[2]] = report.outcome


@pytest.fixture
def outcomes() -> Outcomes:
    """How tests ended so far, by class and test."""
    return _OUTCOMES
