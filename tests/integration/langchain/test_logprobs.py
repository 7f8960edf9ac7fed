"""Token log-probabilities of a reply, whole and streamed."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.utils import message_chunk_to_message
from langchain_core.outputs import ChatGeneration, ChatResult

from tokenomics_langchain.convert import to_reply
from tokenomics_shared.types import Reply


def of(*tokens: float) -> dict[str, Any]:
    """What OpenAI's models put on a message that was asked for log-probabilities."""
    content = [{"token": "a", "logprob": each, "top_logprobs": []} for each in tokens]
    return {"logprobs": {"content": content, "refusal": None}}


def read(message: AIMessage) -> Reply:
    return to_reply(ChatResult(generations=[ChatGeneration(message=message)]))


def test_a_reply_holds_the_log_probabilities_of_its_tokens() -> None:
    message = AIMessage("Paris.", response_metadata=of(-0.1, -2.5, 0))
    assert read(message).logprobs == (-0.1, -2.5, 0)


def test_those_of_chunks_come_in_order() -> None:
    first = AIMessageChunk(content="Par", response_metadata=of(-0.1))
    second = AIMessageChunk(content="is.", response_metadata=of(-2.5, -0.2))
    last = AIMessageChunk(
        content="", response_metadata={"finish_reason": "stop", "logprobs": None}
    )
    whole = message_chunk_to_message(first + second + last)
    assert isinstance(whole, AIMessage)
    assert read(whole).logprobs == (-0.1, -2.5, -0.2)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"logprobs": None},
        {"logprobs": {"content": None}},
        {"logprobs": [1]},
        {"logprobs": {"content": [None, {"token": "a"}, {"logprob": "low"}]}},
    ],
)
def test_without_any_that_can_be_read_there_are_none(told: dict[str, Any]) -> None:
    assert read(AIMessage("Paris.", response_metadata=told)).logprobs == ()
