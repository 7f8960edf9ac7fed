"""Exact counts by encodings on this host, and fetching them."""

import hashlib
import logging
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.texts import SAMPLES
from tokenomics_shared.adapters import tiktoken as adapter
from tokenomics_shared.adapters import tiktoken_files as files
from tokenomics_shared.adapters.counting import counter_for
from tokenomics_shared.adapters.tiktoken import LONGEST, Tiktoken
from tokenomics_shared.cli import app
from tokenomics_shared.errors import ConfigError, StoreError
from tokenomics_shared.orchestrator import Estimate, estimate_tokens


def test_counts_are_exact_with_an_encoding_that_a_package_brought(packaged: Path) -> None:
    counter = counter_for("openai/gpt-4")
    assert counter.exact
    assert counter.count("tiktoken is great!") == 6
    assert counter.count("<|endoftext|>") == 7
    assert counter.count("half \ud800 of a pair") > 3


def test_long_runs_are_counted_in_pieces(packaged: Path) -> None:
    counter = counter_for("gpt-4")
    whole = "word and another one, " * LONGEST
    assert (
        counter.count(whole)
        == adapter._encodings._loaded["cl100k_base"].encode_ordinary(whole).__len__()
    )
    for run in ("a", " ", "\n", "=", "三"):
        several = counter.count(run * (LONGEST * 4))
        assert several == pytest.approx(counter.count(run * LONGEST) * 4, abs=4)


def test_without_an_encoding_counts_are_estimates_at_once_and_it_is_said_once(
    nothing_here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "tokenomics"):
        counters = [counter_for(model) for model in ("gpt-4o", "gpt-4", "gpt-4o", "claude-3")]
        counts = {counter.count(SAMPLES["prose"]) for counter in counters}
    assert not any(counter.exact for counter in counters)
    assert estimate_tokens(SAMPLES["prose"]) in counts
    assert [record.message for record in caplog.records] == [
        "the encoding o200k_base is not on this host, so tokens are estimated; "
        "`tokenomics download-encodings` fetches it"
    ]


def test_without_tiktoken_counts_are_estimates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenomics_shared.adapters.tiktoken", None)
    counter = counter_for("gpt-4o")
    assert not counter.exact
    assert counter.count(SAMPLES["prose"]) == estimate_tokens(SAMPLES["prose"])


def test_what_was_an_estimate_stays_one_in_this_process(
    nothing_here: Path, packaged_content: bytes
) -> None:
    before = counter_for("gpt-4")
    nothing_here.mkdir(parents=True)
    (nothing_here / files.source_of("cl100k_base").file).write_bytes(packaged_content)
    assert not before.exact
    assert not counter_for("gpt-4").exact
    assert before.count(SAMPLES["code"]) == Estimate("gpt-4").count(SAMPLES["code"])


def test_a_broken_file_is_no_encoding_and_stays_as_it_is(nothing_here: Path) -> None:
    nothing_here.mkdir(parents=True)
    broken = nothing_here / files.source_of("cl100k_base").file
    broken.write_bytes(b"IQ== 0\nIg== 1\n")
    counter = counter_for("gpt-4")
    assert not counter.exact
    assert counter.count("still counted") > 0
    assert broken.read_bytes() == b"IQ== 0\nIg== 1\n"


def test_a_file_that_goes_before_it_is_loaded_leaves_an_estimate(
    nothing_here: Path, packaged_content: bytes
) -> None:
    nothing_here.mkdir(parents=True)
    file = nothing_here / files.source_of("cl100k_base").file
    file.write_bytes(packaged_content)
    counter = counter_for("gpt-4")
    assert counter.exact
    file.unlink()
    assert counter.count(SAMPLES["json"]) == Estimate("gpt-4").count(SAMPLES["json"])
    assert not counter.exact


@pytest.mark.parametrize("variable", ["TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"])
def test_a_folder_named_by_the_environment_is_looked_at_and_stays_named(
    nothing_here: Path,
    packaged: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, str(packaged.parent))
    counter = counter_for("gpt-4")
    assert counter.exact
    assert counter.count("tiktoken is great!") == 6
    assert os.environ[variable] == str(packaged.parent)


def test_many_threads_get_one_encoding(
    nothing_here: Path, packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(packaged.parent))
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: counter_for("gpt-4").count(SAMPLES["prose"]), range(32)))
    assert len(set(counts)) == 1
    assert list(adapter._encodings._loaded) == ["cl100k_base"]


def test_warming_loads_it_before_anybody_waits(
    nothing_here: Path, packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(packaged.parent))
    counter = Tiktoken("cl100k_base")
    assert not adapter._encodings._loaded
    counter.warm()
    for thread in threading.enumerate():
        if thread.name == "tokenomics-encoding":
            thread.join(30)
    assert adapter._encodings._loaded


def test_looking_imports_no_framework() -> None:
    script = (
        "import sys\n"
        "from tokenomics_shared.adapters.counting import counter_for\n"
        "counter_for('gpt-4o').count('Hello')\n"
        "assert not {'llama_index.core', 'litellm', 'requests'} & set(sys.modules), 'imported'\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


class Publisher(ThreadingHTTPServer):
    """A server that has one file, or says nothing at all."""

    daemon_threads = True

    def __init__(self, content: bytes | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.server.content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *args: object) -> None:
        pass


def test_encodings_are_downloaded_when_asked_for(
    nothing_here: Path, packaged_content: bytes
) -> None:
    source = files.source_of("cl100k_base")
    with Publisher(packaged_content) as publisher:
        told = _run("cl100k_base", "--mirror", publisher.url + "/")
        again = _run("cl100k_base", "--mirror", publisher.url)
        publisher.shutdown()
    assert told[0] == 0
    assert "fetching cl100k_base from http://127.0.0.1" in told[1]
    assert "fetching" not in again[1]
    assert publisher.asked == ["/encodings/cl100k_base.tiktoken"]
    assert [each.name for each in nothing_here.iterdir()] == [source.file]
    counter = counter_for("gpt-4")
    assert counter.exact
    assert counter.count("tiktoken is great!") == 6


def _run(*args: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["download-encodings", *args])
    return found.exit_code, found.output


@pytest.mark.parametrize("content", [b"not what was published", None])
def test_what_is_not_as_published_is_not_kept(nothing_here: Path, content: bytes | None) -> None:
    with Publisher(content) as publisher:
        code, told = _run("--mirror", publisher.url)
        publisher.shutdown()
    assert code == 2
    assert told.strip().splitlines()[-1].startswith("tokenomics: http://127.0.0.1")
    assert not nothing_here.exists()


def test_a_server_that_never_answers_is_given_up(nothing_here: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(StoreError, match="timed out"):
            files.download(["o200k_base"], nothing_here, mirror=url, timeout_s=0.2)


def test_a_host_that_is_not_there_is_said_in_a_line(nothing_here: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    code, told = _run("--mirror", url)
    assert code == 2
    assert "can't be fetched" in told
    assert "Traceback" not in told


def test_impossible_downloads_are_refused(nothing_here: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no encoding 'p51k'; there are"):
        files.download(["p51k"], nothing_here)
    with pytest.raises(ConfigError, match="'gpt2'"):
        files.download(["gpt2"], nothing_here)
    with pytest.raises(ConfigError, match="http or https"):
        files.download(["o200k_base"], nothing_here, mirror="file:///etc")


def test_a_folder_that_can_t_be_written_is_said(
    nothing_here: Path, packaged_content: bytes, tmp_path: Path
) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file")
    with (
        Publisher(packaged_content) as publisher,
        pytest.raises(StoreError, match="can't be written"),
    ):
        files.download(["cl100k_base"], occupied / "below", mirror=publisher.url)
    publisher.shutdown()


def test_the_publisher_s_digest_is_a_sha256() -> None:
    for name in (*files.USUAL, "p50k_base"):
        source = files.source_of(name)
        assert len(source.sha256) == len(hashlib.sha256().hexdigest())
        assert source.url.startswith("https://")
