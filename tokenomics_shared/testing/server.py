"""A server on loopback with OpenAI's protocol and Gemini's.

Deterministic, recording, faulty on request.

Run it alone with `python -m tokenomics_shared.testing --port 8000`.
"""

import argparse
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

from tokenomics_shared.testing.completions import (
    Answerer,
    BadRequest,
    ChatRequest,
    Sureness,
    Turn,
    Turns,
    complete,
    echo,
    sure,
)
from tokenomics_shared.testing.exchanges import Exchange, exchange_of
from tokenomics_shared.testing.gemini import model_card
from tokenomics_shared.testing.prompt_cache import PromptCache

KEEP_REQUESTS = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a model's answers.

    Attributes:
        status: HTTP status to answer with instead.
        delay_s: seconds to wait first.
        cut_after: pieces of a stream to send before the connection breaks; an answer that isn't
            streamed breaks at once.
        text: answer with this text whatever is asked for: nothing, a refusal, broken JSON.
        retry_after_s: what a `status` answer's Retry-After header says.
        times: how often it goes wrong; None for always.
    """

    status: int | None = None
    delay_s: float = 0.0
    cut_after: int | None = None
    text: str | None = None
    retry_after_s: float | None = None
    times: int | None = None


_FINE = Fault()


class LoopbackServer:
    """Serves OpenAI's chat completions and Google's Gemini on 127.0.0.1.

    ```python
    with LoopbackServer() as server:
        cheap = ChatGoogleGenerativeAI(base_url=server.gemini_url, api_key="any", model="gem")
        premium = ChatOpenAI(base_url=server.url, api_key="any", model="gpt")
    ```

    Both protocols share everything: answers, faults, records, bills. What the real servers
    refuse of a request's form, this one refuses with status 400.

    Attributes:
        url: the base URL for OpenAI's clients, `http://127.0.0.1:PORT/v1`.
        gemini_url: the base URL for Google's, `http://127.0.0.1:PORT`.
        answer: writes the answers' texts.
        turns: gives whole turns, tool calls and all, before anything else is tried; may be set
            while serving.
        requests: the latest bodies that came, oldest first; at most KEEP_REQUESTS. Gemini's have
            their path's model as "model".
        bodies: the same as they came over the wire.
        headers: their headers.
        input_tokens, output_tokens: what was billed, by model: tokens of every answer that was
            sent, none for those refused.
        cached_tokens: of the input tokens those that came from the prompt cache, by model.
        faults: what goes wrong, by model; may be changed while serving.
    """

    def __init__(
        self,
        answer: Answerer = echo,
        *,
        faults: Mapping[str, Fault] | None = None,
        api_key: str | None = None,
        port: int = 0,
        sureness: Sureness = sure,
        prompt_cache: PromptCache | None = None,
    ) -> None:
        """Start serving.

        Args:
            answer: writes the answers' texts.
            faults: what goes wrong, by model.
            api_key: the only key that is let in; any is when None.
            port: where to listen; a free one when 0.
            sureness: a word's log-probability, where they are asked for.
            prompt_cache: a provider's, simulated; no token is reported as cached when None.
        """
        self.answer = answer
        self.turns: Turns | None = None
        self.faults = dict(faults or {})
        self.api_key = api_key
        self.sureness = sureness
        self.requests: deque[dict[str, Any]] = deque(maxlen=KEEP_REQUESTS)
        self.bodies: deque[bytes] = deque(maxlen=KEEP_REQUESTS)
        self.headers: deque[dict[str, str]] = deque(maxlen=KEEP_REQUESTS)
        self.input_tokens: Counter[str] = Counter()
        self.output_tokens: Counter[str] = Counter()
        self.cached_tokens: Counter[str] = Counter()
        self._prompt_cache = prompt_cache
        self._failed: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.kit = self
        self.gemini_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{self.gemini_url}/v1"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def join(self) -> None:
        """Serve until interrupted."""
        self._thread.join()

    def record(self, exchange: Exchange, body: bytes, headers: Mapping[str, str]) -> None:
        """Keep a request."""
        with self._lock:
            self.requests.append(exchange.record())
            self.bodies.append(body)
            self.headers.append(dict(headers))

    def bill(self, request: ChatRequest, usage: dict[str, Any]) -> None:
        """Count an answer's tokens, and tell those that came from the prompt cache."""
        cached = self._prompt_cache.read(request) if self._prompt_cache else 0
        usage["prompt_tokens_details"]["cached_tokens"] = cached
        with self._lock:
            self.input_tokens[request.model] += usage["prompt_tokens"]
            self.output_tokens[request.model] += usage["completion_tokens"]
            self.cached_tokens[request.model] += cached

    def fault(self, model: str) -> Fault:
        """What goes wrong with this model's next answer."""
        with self._lock:
            fault = self.faults.get(model, _FINE)
            if fault.times is not None:
                self._failed[model] += 1
                if self._failed[model] > fault.times:
                    return _FINE
            return fault


class _Server(ThreadingHTTPServer):
    kit: LoopbackServer
    daemon_threads = True
    request_queue_size = 128

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet: clients may drop their connections whenever they like."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Nagle's algorithm would hold every small answer back for the client's delayed ACK.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        """List the models that have been asked for, or tell of the one that is named."""
        models = sorted(self.server.kit.input_tokens)
        data = [{"id": model, "object": "model"} for model in models]
        self._json(200, model_card(self.path) or {"object": "list", "data": data})

    def do_POST(self) -> None:
        """Answer a request."""
        kit = self.server.kit
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        exchange = exchange_of(self.path, json.loads(body))
        kit.record(exchange, body, headers)
        fault = kit.fault(exchange.model)
        time.sleep(fault.delay_s)
        if kit.api_key is not None and not exchange.has_key(kit.api_key, headers):
            self._refuse(exchange, 401, "Incorrect API key provided")
        elif not exchange.known:
            self._refuse(exchange, 404, f"no such path: {self.path}")
        elif fault.status is not None:
            self._refuse(exchange, fault.status, f"fault {fault.status}", fault.retry_after_s)
        else:
            self._answer(exchange, fault)

    def _answer(self, exchange: Exchange, fault: Fault) -> None:
        kit = self.server.kit
        try:
            ready = exchange.ready()
            if ready is not None:
                self._json(200, ready)
                return
            request = exchange.request()
            completion = complete(
                request, kit.answer, instead=_instead(kit, request, fault), sureness=kit.sureness
            )
        except BadRequest as error:
            self._refuse(exchange, 400, str(error))
            return
        except Exception as error:  # noqa: BLE001 -- a test's own code: its mistake is told, not a dead line
            self._refuse(exchange, 500, f"no answer: {type(error).__name__}: {error}")
            return
        kit.bill(request, completion["usage"])
        if exchange.streamed:
            self._stream(exchange.events(completion), fault)
        elif fault.cut_after is not None:
            self.close_connection = True
        else:
            self._json(200, exchange.whole(completion))

    def _stream(self, events: Iterator[str], fault: Fault) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for number, event in enumerate(events):
            if number == fault.cut_after:
                self.close_connection = True
                return
            self._event(event)
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _event(self, data: str) -> None:
        line = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.flush()

    def _refuse(
        self, exchange: Exchange, status: int, message: str, retry_after_s: float | None = None
    ) -> None:
        headers = {} if retry_after_s is None else {"retry-after": str(retry_after_s)}
        self._json(status, exchange.error(status, message, retry_after_s), headers)

    def _json(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)


def _instead(kit: LoopbackServer, request: ChatRequest, fault: Fault) -> Turn | None:
    if fault.text is not None:
        return Turn(text=fault.text)
    return kit.turns(request) if kit.turns else None


def main() -> None:
    """Serve until interrupted, echoing."""
    parser = argparse.ArgumentParser(description="A server that echoes.")
    parser.add_argument("--port", type=int, default=0, help="where to listen; a free one when 0")
    with LoopbackServer(port=parser.parse_args().port) as server:
        print(server.url, flush=True)  # noqa: T201 -- a command's output
        server.join()
