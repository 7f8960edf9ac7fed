"""The kinds of values that settings have."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(gt=0)]

Temperature = Annotated[float, Field(ge=0.0, le=2.0)]
"""Providers' own limits are 1, 1.5 or 2."""


def _named(path: Any) -> Any:
    # An empty path would be the folder that the process happens to be in.
    if isinstance(path, str) and not path.strip():
        raise ValueError("the path is empty")
    return path


FilePath = Annotated[Path, BeforeValidator(_named)]


class Section(BaseModel):
    """Settings of one part. What else is made of pydantic, such as a chat model, is a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
