"""Memory: answers given before, given again."""

from tokenomics_shared.memory.admission import objection, objection_to_matching
from tokenomics_shared.memory.exact import ExactCache, NoExact
from tokenomics_shared.memory.flights import Flights, NoFlights
from tokenomics_shared.memory.keys import exact_key
from tokenomics_shared.memory.layers import Layers, NoCache, NoMeaning

__all__ = [
    "ExactCache",
    "Flights",
    "Layers",
    "NoCache",
    "NoExact",
    "NoFlights",
    "NoMeaning",
    "exact_key",
    "objection",
    "objection_to_matching",
]
