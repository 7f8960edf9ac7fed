"""Which failures stay and which pass."""

import pytest

from tokenomics_shared.resilience import is_permanent


class Coded(Exception):
    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)


class OpenAIContextOverflowError(Coded):
    pass


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        (Coded(status_code=400), True),
        (Coded(status_code=401), True),
        (Coded(status_code=404), True),
        (Coded(code=403), True),
        (Coded(status_code=408), False),
        (Coded(status_code=429), False),
        (Coded(status_code=500), False),
        (Coded(status_code=503), False),
        (Coded(status_code=400, code="context_length_exceeded"), False),
        (OpenAIContextOverflowError(status_code=400), False),
        (TimeoutError(), False),
        (ConnectionResetError(), False),
        (RuntimeError(), False),
        (TypeError(), True),
        (ValueError(), False),
        (NotImplementedError(), True),
    ],
)
def test_which_failures_stay(error: Exception, *, permanent: bool) -> None:
    assert is_permanent(error) == permanent
