"""Token counts: which encoding a model has, and estimates where it is not at hand."""

import re

from tokenomics_shared.orchestrator.estimating import CL100K, O200K, WEIGHTS, estimated
from tokenomics_shared.orchestrator.media import media_tokens
from tokenomics_shared.types import Prompt

TURN_OVERHEAD = 4
"""Tokens that a chat format spends around each turn."""

SAMPLED_CHARS = 512
"""Characters that planning looks at of a longer request: it must not take longer than routing."""

_PLACES = 8
"""Where it looks, evenly spread from the beginning to the end."""

_OWN = (
    (re.compile(r"(chat)?gpt-(4o|4\.1|4\.5|5|oss)|o[134](-|$)"), O200K),
    (re.compile(r"gpt-(4(-|$)|3\.?5)|text-embedding-(3-|ada-002)|(davinci|babbage)-002"), CL100K),
)
"""Models by the encoding they use, as the encodings' publisher has it."""

_LIKE = re.compile(r"(meta-)?llama-?3|qwen")
"""Models whose encodings grew out of cl100k: The Llama 3 Herd of Models (2024), section 3.2;
Qwen Technical Report (2023), section 2.2. Of others (claude, gemini, mistral) nothing is
published that would make a better guess than o200k."""


class Estimate:
    """Estimates tokens, as a `TokenCounter` for models whose encoding is not at hand."""

    exact = False

    def __init__(self, model: str = "") -> None:
        """Make an estimate.

        Args:
            model: the model whose tokens are meant, however its provider writes it.
        """
        self._weights = WEIGHTS[like_encoding_of(model)]

    def count(self, text: str) -> int:
        """The text's tokens, more or less."""
        return estimated(text, self._weights)


def encoding_of(model: str) -> str | None:
    """The name of a model's own encoding; None where it is not public.

    Versions, fine-tunes and providers in front of the name don't matter: `openai/gpt-4o-mini`,
    `ft:gpt-4o:acme`, `gpt-35-turbo`.
    """
    name = _bare(model)
    return next((encoding for named, encoding in _OWN if named.match(name)), None)


def like_encoding_of(model: str) -> str:
    """The encoding that comes nearest to a model's own."""
    return encoding_of(model) or (CL100K if _LIKE.match(_bare(model)) else O200K)


def estimate_tokens(text: str) -> int:
    """Estimate a text's tokens under o200k, the encoding of most of today's models."""
    return estimated(text, WEIGHTS[O200K])


def prompt_tokens(prompt: Prompt) -> int:
    """Estimate the tokens of a whole request, tool schemas included; a long one by a sample."""
    texts = [message.text for message in prompt.messages]
    whole = "\n".join(texts + [str(tool) for tool in prompt.tools])
    media = sum(map(media_tokens, prompt.messages))
    return len(texts) * TURN_OVERHEAD + roughly(whole) + media


def _bare(model: str) -> str:
    name = model.lower().rsplit("/", 1)[-1].removeprefix("openai:").removeprefix("azure:")
    return name.removeprefix("ft:")


def roughly(text: str) -> int:
    """Estimate a text's tokens; a long one's by a sample, in bounded time."""
    if len(text) <= SAMPLED_CHARS:
        return estimate_tokens(text)
    size = SAMPLED_CHARS // _PLACES
    last = len(text) - size
    starts = (last * place // (_PLACES - 1) for place in range(_PLACES))
    sample = "".join(text[start : start + size] for start in starts)
    return round(estimate_tokens(sample) * len(text) / len(sample))
