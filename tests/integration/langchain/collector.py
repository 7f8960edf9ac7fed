"""A LangSmith of our own on loopback: takes in what the real client sends."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import langsmith
from typing_extensions import override

Run = dict[str, Any]

_OF_USAGE = ("usage_metadata", "token_usage", "usage")


class Collector:
    """Serves `/info`, `/runs/batch` and `/runs/multipart` on 127.0.0.1.

    Attributes:
        url: what `LANGSMITH_ENDPOINT` is set to.
        runs: what was sent of each run, by id, in the order they were begun.
    """

    def __init__(self, *, multipart: bool = True) -> None:
        self.multipart = multipart
        self.runs: dict[str, Run] = {}
        self.client: langsmith.Client | None = None
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.kit = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def take(self, run_id: str, fields: Mapping[str, Any]) -> None:
        """Take in a part of a run."""
        with self._lock:
            self.runs.setdefault(run_id, {"id": run_id}).update(fields)

    def sent(self) -> list[Run]:
        """Every run, oldest first, once the client has sent all it has."""
        assert self.client is not None
        self.client.flush()
        with self._lock:
            return sorted(self.runs.values(), key=lambda run: run["dotted_order"])

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def collecting(*, multipart: bool = True) -> Iterator[Collector]:
    """A collector with a real client that sends to it."""
    collector = Collector(multipart=multipart)
    client = collector.client = langsmith.Client(api_url=collector.url, api_key="any")
    try:
        yield collector
    finally:
        client.close()
        collector.close()


def metadata(run: Run) -> dict[str, Any]:
    """What is known of a run."""
    known: dict[str, Any] = run["extra"]["metadata"]
    return known


def answer(run: Run) -> dict[str, Any]:
    """The fields of the message that a model's run brought."""
    fields: dict[str, Any] = run["outputs"]["generations"][0][0]["message"]["kwargs"]
    return fields


def counted(runs: list[Run]) -> list[tuple[int, int]]:
    """The tokens that whoever sums a trace finds, of each run that has any, wherever it looks."""
    found = []
    for run in runs:
        # What a chain's outputs hold, a model's run has told.
        outputs = run.get("outputs") if run["run_type"] == "llm" else None
        places = [metadata(run), *_mappings(outputs)]
        told = {_tokens(place[name]) for place in places for name in _OF_USAGE if place.get(name)}
        found += sorted(told - {(0, 0)})
    return found


def _tokens(usage: Mapping[str, Any]) -> tuple[int, int]:
    read = usage.get("input_tokens", usage.get("prompt_tokens", 0))
    return read, usage.get("output_tokens", usage.get("completion_tokens", 0))


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for name, part in value.items():
            if name not in {"tokenomics", "tokenomics_usage"}:
                yield from _mappings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _mappings(part)


class _Server(ThreadingHTTPServer):
    kit: Collector
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        """Say what is understood."""
        batches = {
            "use_multipart_endpoint": self.server.kit.multipart,
            "scale_up_qsize_trigger": 1000,
            "scale_up_nthreads_limit": 16,
            "scale_down_nempty_trigger": 4,
            "size_limit": 100,
            "size_limit_bytes": 20_000_000,
        }
        self._say({"version": "0", "batch_ingest_config": batches})

    def do_POST(self) -> None:
        """Take in runs."""
        body = self._body()
        if self.path == "/runs/batch":
            sent = json.loads(body)
            for run in [*sent.get("post", ()), *sent.get("patch", ())]:
                self.server.kit.take(run["id"], run)
        elif self.path == "/runs/multipart":
            self._parts(body)
        self._say({})

    def _body(self) -> bytes:
        if "content-length" in self.headers:
            return self.rfile.read(int(self.headers["content-length"]))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _parts(self, body: bytes) -> None:
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        for part in message_from_bytes(head + body, policy=HTTP).iter_parts():
            name = part.get_param("name", header="content-disposition")
            _, run_id, *field = str(name).split(".")
            value = json.loads(part.get_payload(decode=True))  # type: ignore[arg-type]  # bytes
            self.server.kit.take(run_id, {field[0]: value} if field else value)

    def _say(self, value: Mapping[str, Any]) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
