"""Other libraries' own environment, in which they are measured beside us."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any
from venv import EnvBuilder

from harness import HERE

_FOLDER = HERE / ".peers" / "venv"
_PACKAGES = ("cascadeflow==1.2.0", "httpx-aiohttp", "langchain-openai")


def ask_peers(script: str, *arguments: str, install: bool, given: str = "") -> dict[str, Any]:
    """What a script of ours says when it runs in their environment, as JSON on its last line.

    Args:
        script: its file's name, in this folder.
        arguments: of its command line.
        install: make the environment if there is none.
        given: what it reads on its standard input.

    Returns:
        What it said; nothing when there is no environment.
    """
    python = str(_FOLDER / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    ready = _FOLDER / ".ready"
    wanted = "\n".join(_PACKAGES)
    if install and not (ready.exists() and ready.read_text("utf-8") == wanted):
        EnvBuilder(with_pip=True, clear=True).create(_FOLDER)
        constraints = str(HERE.parent / "constraints.txt")
        command = [python, "-m", "pip", "install", "--quiet", "--constraint", constraints]
        _run([*command, *_PACKAGES])
        ready.write_text(wanted, "utf-8")
    if not ready.exists():
        return {}
    said = _run([python, str(HERE / script), *arguments], given)
    result: dict[str, Any] = json.loads(said.splitlines()[-1])
    return result


def _run(command: Sequence[str], given: str = "") -> str:
    ran = subprocess.run(command, check=True, input=given, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- ours
    return ran.stdout
