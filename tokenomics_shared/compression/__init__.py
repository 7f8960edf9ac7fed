"""Prompt compression: the same request in fewer tokens."""

from tokenomics_shared.compression.shapes import Shape, shape_of
from tokenomics_shared.compression.structured import Structured

__all__ = [
    "Shape",
    "Structured",
    "shape_of",
]
