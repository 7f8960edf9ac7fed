"""Memory: answers given before, given again."""

from tokenomics_shared.memory.admission import objection
from tokenomics_shared.memory.exact import ExactCache, NoCache
from tokenomics_shared.memory.keys import exact_key

__all__ = ["ExactCache", "NoCache", "exact_key", "objection"]
