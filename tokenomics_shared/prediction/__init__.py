"""Prediction of an answer's length."""

from tokenomics_shared.prediction.heuristic import predict_output_tokens

__all__ = ["predict_output_tokens"]
