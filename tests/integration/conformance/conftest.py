"""Remembers how each test of the suites ended, so that two models' can be compared."""

import pytest

Outcomes = dict[str, dict[str, str]]
_OUTCOMES: Outcomes = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    names = report.nodeid.split("::")
    if len(names) != 3 or (report.when != "call" and report.outcome == "passed"):
        return
    _OUTCOMES.setdefault(names[1], {})[names[2]] = report.outcome


@pytest.fixture
def outcomes() -> Outcomes:
    """How tests ended so far, by class and test."""
    return _OUTCOMES
