"""Token counts without a tokenizer: an estimate, for planning and for replies that report none."""

from tokenomics_shared.types import Prompt

CHARS_PER_TOKEN = 4.0
"""English prose under the GPT-4 encodings, whose own documentation gives the same figure."""

TURN_OVERHEAD = 4
"""Tokens that a chat format spends around each turn."""


def estimate_tokens(text: str) -> int:
    """Estimate a text's tokens from its length: characters outside ASCII count as one each."""
    if text.isascii():
        return round(len(text) / CHARS_PER_TOKEN)
    narrow = len(text.encode("ascii", "ignore"))
    return round(narrow / CHARS_PER_TOKEN) + len(text) - narrow


def prompt_tokens(prompt: Prompt) -> int:
    """Estimate the tokens of a whole request, tool schemas included."""
    turns = sum(estimate_tokens(message.text) + TURN_OVERHEAD for message in prompt.messages)
    return turns + sum(estimate_tokens(str(tool)) for tool in prompt.tools)
