"""A kit for tests: play scripts against the pipeline, or run models on a loopback server."""

from tokenomics_shared.testing.backend import Cut, ScriptedBackend, TextCodec
from tokenomics_shared.testing.completions import (
    Call,
    ChatRequest,
    Turn,
    recorded,
    scripted,
)
from tokenomics_shared.testing.play import play
from tokenomics_shared.testing.prompt_cache import PromptCache
from tokenomics_shared.testing.server import Fault, LoopbackServer

__all__ = [
    "Call",
    "ChatRequest",
    "Cut",
    "Fault",
    "LoopbackServer",
    "PromptCache",
    "ScriptedBackend",
    "TextCodec",
    "Turn",
    "play",
    "recorded",
    "scripted",
]
