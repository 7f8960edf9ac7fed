"""Tokenomics for LlamaIndex."""
