"""Audits: a sample of what shortcuts answered is compared with what they replaced."""

from tokenomics_shared.audit.shortcuts import Shortcuts
from tokenomics_shared.audit.terms import Auditing, Estimate

__all__ = ["Auditing", "Estimate", "Shortcuts"]
