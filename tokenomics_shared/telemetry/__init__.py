"""Telemetry: what was asked, what it cost, what it would have cost, what broke."""

from tokenomics_shared.telemetry.account import Books, OpenAccount
from tokenomics_shared.telemetry.faults import Faults, Shield
from tokenomics_shared.telemetry.metadata import as_metadata, metadata_of
from tokenomics_shared.telemetry.prices import Overrides, Price, names_of
from tokenomics_shared.telemetry.report import Report

__all__ = [
    "Books",
    "Faults",
    "OpenAccount",
    "Overrides",
    "Price",
    "Report",
    "Shield",
    "as_metadata",
    "metadata_of",
    "names_of",
]
