"""Routing put together: which arm starts, whether its answer stands, what is learned of it."""

from tokenomics_shared.routing.compose import Given, routing
from tokenomics_shared.routing.router import Routing

__all__ = ["Given", "Routing", "routing"]
