"""Features as bytes: 32-bit floats, little end first, whatever machine reads them."""

import functools
import math
import struct
from collections.abc import Sequence
from typing import Any


def packed(features: Sequence[float]) -> bytes:
    """The bytes of features."""
    return _packing(len(features)).pack(*features)


def unpacked(blob: Any) -> tuple[float, ...] | None:
    """Features of their bytes; None when they are broken."""
    if not isinstance(blob, bytes) or len(blob) % 4:
        return None
    features = _packing(len(blob) // 4).unpack(blob)
    return features if all(map(math.isfinite, features)) else None


@functools.cache
def _packing(numbers: int) -> struct.Struct:
    return struct.Struct(f"<{numbers}f")
