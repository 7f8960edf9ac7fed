"""Where settings come from, and how one source is laid over another."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tokenomics_shared.config_values import Section
from tokenomics_shared.errors import ConfigError

PREFIX = "TOKENOMICS_"

OTHER_VARIABLES = frozenset(
    {"TOKENOMICS_CONFIG", "TOKENOMICS_DATA", "TOKENOMICS_COMPATIBLE_API_KEY"}
)
"""Variables with our prefix that are no settings: the file to read, the data to measure on, the
key for OpenAI-compatible servers."""


def overlay(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    """Put settings over others, name by name at every depth.

    Raises:
        ConfigError: there is a value where settings are to go.
    """
    for name, setting in above.items():
        value = given(setting) if isinstance(setting, Section) else setting
        if isinstance(value, Mapping):
            nested = below.setdefault(name, {})
            if not isinstance(nested, dict):
                raise ConfigError(f"{name}: must hold settings by name, not {nested!r}")
            overlay(nested, value)
        else:
            below[name] = value


def given(settings: BaseModel) -> dict[str, Any]:
    """What was set, as mappings; objects stay the objects they are, models of pydantic's too."""
    values = {name: getattr(settings, name) for name in settings.model_fields_set}
    return {
        name: given(value) if isinstance(value, Section) else value
        for name, value in values.items()
    }


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file of settings.

    Raises:
        ConfigError: it can't be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error


def refuse_unknown_variables(known: Mapping[str, Any]) -> None:
    """Refuse variables of the environment that look like settings and are none.

    Raises:
        ConfigError: it names the first.
    """
    for name in os.environ:
        if name.upper().startswith(PREFIX) and name.upper() not in OTHER_VARIABLES:
            setting = name[len(PREFIX) :].split("__")[0].lower()
            if setting not in known:
                raise ConfigError(f"environment variable {name}: there is no setting {setting!r}")
