"""Prediction of an answer's length."""

from tokenomics_shared.prediction.cap import cap, raised
from tokenomics_shared.prediction.heuristic import predict_output_tokens
from tokenomics_shared.prediction.limits import Lengths

__all__ = ["Lengths", "cap", "predict_output_tokens", "raised"]
