"""The bandit: which arm a request starts at."""

from tokenomics_shared.bandit.fixed import Fixed
from tokenomics_shared.bandit.reward import Reward
from tokenomics_shared.bandit.state import JsonState, NoState
from tokenomics_shared.bandit.ucb import Ucb

__all__ = ["Fixed", "JsonState", "NoState", "Reward", "Ucb"]
