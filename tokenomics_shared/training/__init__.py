"""Refitting scorer, prior and lengths to what an application found its own answers to be."""

from tokenomics_shared.training.figures import Figures, figures
from tokenomics_shared.training.findings import findings_in, findings_of
from tokenomics_shared.training.fitting import Refit, refit
from tokenomics_shared.training.lengths import lengths_of, train_lengths_in

__all__ = [
    "Figures",
    "Refit",
    "figures",
    "findings_in",
    "findings_of",
    "lengths_of",
    "refit",
    "train_lengths_in",
]
