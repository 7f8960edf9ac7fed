"""Tokenomics for LangChain: `ChatTokenomics`, a chat model made of cheaper and better ones."""

from tokenomics_langchain.chat_models import ChatTokenomics
from tokenomics_shared.config import TokenomicsConfig
from tokenomics_shared.types import Strategy

__all__ = ["ChatTokenomics", "Strategy", "TokenomicsConfig"]
