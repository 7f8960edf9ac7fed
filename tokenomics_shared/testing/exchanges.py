"""The protocols that the loopback server speaks."""

from collections.abc import Mapping
from typing import Any

from tokenomics_shared.testing.gemini import GeminiExchange
from tokenomics_shared.testing.openai import OpenAIExchange

Exchange = OpenAIExchange | GeminiExchange


def exchange_of(path: str, body: Mapping[str, Any]) -> Exchange:
    """A request in the protocol that its path belongs to."""
    if path.startswith("/v1/"):
        return OpenAIExchange(path, body)
    return GeminiExchange(path, body)
