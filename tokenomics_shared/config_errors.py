"""What is wrong with a configuration, in words."""

import re

from pydantic import ValidationError
from pydantic_settings import SettingsError

from tokenomics_shared.errors import ConfigError

_SECRET = re.compile("key|secret|password|credential|auth|(access|api|bearer)_?token")
"""Names of what no message shows."""


def in_words(error: ValidationError) -> str:
    """Every problem by name, value and limit, on one line.

    A value is left out when its name says that it is secret, and when it holds other values.
    """
    lines = []
    for problem in error.errors(include_url=False, include_context=False):
        name, value = ".".join(map(str, problem["loc"])), problem["input"]
        if problem["type"] == "extra_forbidden":
            lines.append(f"{name}: there is no such setting")
        elif not isinstance(value, str | int | float | None) or _SECRET.search(name):
            lines.append(f"{name or 'configuration'}: {problem['msg']}")
        else:
            lines.append(f"{name} = {value!r}: {problem['msg']}")
    return "; ".join(lines)


def not_json(error: SettingsError, prefix: str) -> ConfigError:
    """An environment variable that should hold several settings; its value is not shown."""
    name = str(error).partition('"')[2].partition('"')[0]
    return ConfigError(f"environment variable {prefix}{name.upper()} is not JSON")
