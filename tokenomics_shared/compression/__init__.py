"""Prompt compression: the same request in fewer tokens."""

from tokenomics_shared.compression.extractive import Extractive as Extractive
from tokenomics_shared.compression.spans import GAP as GAP
from tokenomics_shared.compression.spans import Span as Span
from tokenomics_shared.compression.spans import all_kept as all_kept
from tokenomics_shared.compression.spans import guarded as guarded
from tokenomics_shared.compression.spans import unaltered as unaltered
