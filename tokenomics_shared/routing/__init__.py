"""Routing put together: which arm starts, whether its answer stands, what is learned of it."""

from tokenomics_shared.routing.compose import Given, routing, shortcuts, versus
from tokenomics_shared.routing.judging import JUDGE, JudgeFunction, graders, panel
from tokenomics_shared.routing.router import Routing
from tokenomics_shared.routing.versus import Versus

__all__ = [
    "JUDGE",
    "Given",
    "JudgeFunction",
    "Routing",
    "Versus",
    "graders",
    "panel",
    "routing",
    "shortcuts",
    "versus",
]
