"""Prompt compression: the same request in fewer tokens."""
