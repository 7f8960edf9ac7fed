"""Prediction of an answer's length."""

from tokenomics_shared.prediction.cap import cap, raised
from tokenomics_shared.prediction.heuristic import predict_output_tokens
from tokenomics_shared.prediction.limits import Lengths
from tokenomics_shared.prediction.predictor import Learning, Predictor
from tokenomics_shared.prediction.quantiles import Quantiles
from tokenomics_shared.prediction.refit import LengthsRefit
from tokenomics_shared.prediction.rule import NoLengths

__all__ = [
    "Learning",
    "Lengths",
    "LengthsRefit",
    "NoLengths",
    "Predictor",
    "Quantiles",
    "cap",
    "predict_output_tokens",
    "raised",
]
