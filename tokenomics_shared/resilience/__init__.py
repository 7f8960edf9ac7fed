"""Resilience: what a failure means."""

from tokenomics_shared.resilience.failures import is_permanent

__all__ = ["is_permanent"]
