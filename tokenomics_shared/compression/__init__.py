"""Prompt compression: the same request in fewer tokens."""

from tokenomics_shared.compression.extractive import Extractive
from tokenomics_shared.compression.mixed import Mixed
from tokenomics_shared.compression.shapes import Shape, shape_of
from tokenomics_shared.compression.spans import GAP, Span, all_kept, guarded, unaltered
from tokenomics_shared.compression.structured import Structured

__all__ = [
    "GAP",
    "Extractive",
    "Mixed",
    "Shape",
    "Span",
    "Structured",
    "all_kept",
    "guarded",
    "shape_of",
    "unaltered",
]
