"""Shrinking requests: compressed blocks and a shorter history, the same bytes turn after turn."""

from tokenomics_shared.shrinking.compose import shrinker

__all__ = ["shrinker"]
