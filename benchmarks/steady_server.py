"""A light server that answers every request after the same time, however many come at once.

Prints its URL and serves until it is ended. The test kit's server has a thread for each
connection, which a thousand of them would make the slower side of what is measured.
"""

import argparse
import asyncio
import json

from typing_extensions import override

from tokenomics_shared.testing.completions import ChatRequest, complete, echo

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Connection(asyncio.Protocol):
    """Reads requests, one after another, and answers each when its time has come."""

    def __init__(self, latency_s: float) -> None:
        """Make it.

        Args:
            latency_s: seconds from a request to its answer.
        """
        self._latency_s = latency_s
        self._read = b""
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._read += data
        end = self._read.find(_END)
        while end >= 0:
            head, start = self._read[:end].lower(), end + len(_END)
            length = int(head.partition(_LENGTH)[2].split(b"\r\n", 1)[0])
            if len(self._read) < start + length:
                return
            body, self._read = self._read[start : start + length], self._read[start + length :]
            asyncio.get_running_loop().call_later(self._latency_s, self._answer, body)
            end = self._read.find(_END)

    def _answer(self, body: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        answer = json.dumps(complete(ChatRequest(json.loads(body)), echo)).encode()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d"
        self._transport.write(head % len(answer) + _END + answer)


async def serve(latency_s: float) -> None:
    """Serve on a free port of this host."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(latency_s), "127.0.0.1", backlog=2_048)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency-ms", type=float, default=50.0, help="time to an answer")
    asyncio.run(serve(parser.parse_args().latency_ms / 1_000))
