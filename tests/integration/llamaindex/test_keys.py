"""Keys stay where they are: in no log, error, event, span or file."""

import json
import logging
import traceback
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent

from tests.integration.llamaindex.conftest import CHEAP, KEY, PREMIUM, STEADY, like
from tests.integration.llamaindex.probes import ADD, ADDED, ASK, SONG, Song, index, memory_of
from tests.integration.llamaindex.test_telling import Listener, listener, spans
from tokenomics_llamaindex import TokenomicsLLM
from tokenomics_shared.testing import Fault, LoopbackServer

__all__ = ["listener", "spans"]

OTHER = "sk-another-key-that-nobody-may-see"

# LlamaIndex's agents use what is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def kept_in(folder: Path) -> list[str]:
    return [path.read_bytes().decode("latin-1") for path in folder.iterdir()]


async def test_no_key_leaves_with_what_is_told(
    server: LoopbackServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    listener: Listener,
    spans: Any,
) -> None:
    caplog.set_level(logging.DEBUG)
    llm = TokenomicsLLM(
        cheap=f"openai:{CHEAP}@{server.url}",
        premium=like(server, PREMIUM),
        api_key=OTHER,
        state_dir=tmp_path,
        **STEADY,
    )
    await llm.achat(ASK)
    list(llm.stream_chat(ASK))
    llm.structured_predict(Song, SONG, topic="1999")
    await index().as_query_engine(llm=llm).aquery("How high is it?")
    agent = FunctionAgent(tools=[ADD], llm=llm)
    await agent.run(ADDED, memory=memory_of(llm), max_iterations=4)
    server.faults.update({CHEAP: Fault(status=401), PREMIUM: Fault(status=401)})
    with pytest.raises(Exception, match="401") as raised:
        llm.complete("Whose key is it?")
    told = [caplog.text, *traceback.format_exception(raised.value), repr(raised.value)]
    told += [repr(agent), repr(llm._crew), repr(llm.engine), str(llm.engine.report())]
    told += map(repr, [*listener._heard, *spans.completed_spans, *spans.dropped_spans])
    told += [llm.model_dump_json(), json.dumps(llm.to_dict(), default=str)]
    llm.engine.close()
    told += kept_in(tmp_path)
    assert len(told) > 40
    assert not [text for text in told if KEY in text or OTHER in text]
    assert OTHER in server.headers[0]["authorization"]


def test_what_is_written_down_is_read_with_models_anew(server: LoopbackServer) -> None:
    llm = TokenomicsLLM(premium=like(server, PREMIUM), max_tokens=7, context_window=900, **STEADY)
    again = TokenomicsLLM.from_dict(llm.to_dict(), premium=like(server, PREMIUM))
    assert (again.max_tokens, again.metadata.context_window) == (7, 900)
    assert KEY not in repr(again)
