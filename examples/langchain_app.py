"""A chain behind HTTP, with the routes of LangServe: invoke, batch and stream.

A model on a loopback server stands in for a real one; put `"openai:gpt-4o-mini"` and
`"openai:gpt-4o"` in their places. Needs `pip install fastapi uvicorn`.
"""

import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

import httpx
import uvicorn
from fastapi import FastAPI, Header
from fastapi.responses import StreamingResponse
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel

from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import LoopbackServer

ANSWER = "Orders leave the house within two working days, by rail where there is a line."


class Question(BaseModel):
    """What a customer asks."""

    question: str


class One(BaseModel):
    """The body of `/invoke` and `/stream`."""

    input: Question


class Many(BaseModel):
    """The body of `/batch`."""

    inputs: list[Question]


Tenant = Annotated[str, Header(alias="x-customer")]


def told(message: Any) -> dict[str, Any]:
    """What goes out of an answer: its text, and what was decided on it."""
    decided = message.response_metadata["tokenomics"]
    return {
        "output": message.text,
        "metadata": {name: decided[name] for name in ("cache_type", "model", "cost")},
    }


def wishes(customer: str) -> RunnableConfig:
    """Customers never see each other's answers, and traces tell whose request it was."""
    return {"configurable": {"tenant": customer}, "metadata": {"customer": customer}}


def app_of(llm: ChatTokenomics) -> FastAPI:
    """The application; one model, made once, serves every request of the process."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        llm.engine.close()  # what is still to be written is written

    app = FastAPI(lifespan=lifespan)
    prompt = ChatPromptTemplate.from_messages(
        [("system", "You sell lamps."), ("human", "{question}")]
    )
    chain = prompt | llm

    @app.post("/invoke")
    async def invoke(body: One, customer: Tenant) -> dict[str, Any]:
        return told(await chain.ainvoke(body.input.model_dump(), wishes(customer)))

    @app.post("/batch")
    async def batch(body: Many, customer: Tenant) -> list[dict[str, Any]]:
        inputs = [question.model_dump() for question in body.inputs]
        return [told(message) for message in await chain.abatch(inputs, wishes(customer))]

    @app.post("/stream")
    async def stream(body: One, customer: Tenant) -> StreamingResponse:
        async def events() -> AsyncIterator[str]:
            # A client that leaves closes this, and with it the call to the model.
            async for chunk in chain.astream(body.input.model_dump(), wishes(customer)):
                yield f"event: data\ndata: {json.dumps(chunk.text)}\n\n"
            yield "event: end\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    @app.get("/report")
    def report() -> dict[str, Any]:
        return llm.engine.report().to_dict()

    return app


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a free port of this machine, until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    asked = {"question": "How are orders delivered?"}
    with LoopbackServer(lambda _: ANSWER) as models:
        llm = ChatTokenomics(
            cheap=f"openai:gpt-4o-mini@{models.url}",
            premium=f"openai:gpt-4o@{models.url}",
            judge={"judges": ["checks"]},  # a draft that has the right form is good enough
        )
        with served(app_of(llm)) as url, httpx.Client(base_url=url) as client:
            for customer in ("acme", "acme", "other"):
                answered = client.post(
                    "/invoke", json={"input": asked}, headers={"x-customer": customer}
                ).json()
                print(f"{customer}: {answered['metadata']['cache_type']:6} {answered['output']}")
            many = client.post(
                "/batch", json={"inputs": [asked] * 3}, headers={"x-customer": "acme"}
            ).json()
            print(f"batch: {[one['metadata']['cache_type'] for one in many]}")
            streamed = client.post(
                "/stream", json={"input": asked}, headers={"x-customer": "new"}
            ).text
            print(f"stream: {streamed.count('event: data')} chunks, then {streamed.split()[-1]}")
            print(f"requests in the ledger: {client.get('/report').json()['requests']}")
            print(f"calls to models: {len(models.requests)}")
