"""Where else a promise is kept: the names of tests, and a check that they are there."""

from importlib import import_module
from inspect import getattr_static


def is_there(node: str) -> bool:
    """Whether a test of this name, `module::function`, can be collected."""
    module, _, name = node.partition("::")
    found = getattr_static(import_module(module), name, None)
    return name.startswith("test_") and callable(found)
