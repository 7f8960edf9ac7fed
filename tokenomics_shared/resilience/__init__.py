"""Resilience: what a failure means."""

from tokenomics_shared.resilience.failures import is_hopeless, is_permanent

__all__ = ["is_hopeless", "is_permanent"]
