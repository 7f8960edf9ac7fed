"""Refitting scorer and prior to what an application found its own answers to be worth."""

from tokenomics_shared.training.figures import Figures, figures
from tokenomics_shared.training.findings import findings_in, findings_of
from tokenomics_shared.training.fitting import Refit, refit

__all__ = ["Figures", "Refit", "figures", "findings_in", "findings_of", "refit"]
