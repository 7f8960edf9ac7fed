"""Judge models: functions of a prompt, by name, and as what the engine asks."""

from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any

from tokenomics_shared.effects import Generate
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.ports import Chunk
from tokenomics_shared.telemetry import Faults
from tokenomics_shared.types import Prompt, Purpose, Reply, Strategy

JudgeModel = Callable[[str], str]
"""`(prompt) -> answer`: a model that judges. It may block, and must bear several threads."""

_LANGCHAIN = "langchain:"


def judge_model(name: str) -> JudgeModel:
    """The model of this name as a function of a prompt.

    Args:
        name: `MODULE:ATTRIBUTE`, a function `(prompt: str) -> str` that is imported; or
            `langchain:PROVIDER:MODEL`, a model as the LangChain integration makes it.

    Raises:
        ConfigError: there is no such thing, or it can't be called.
    """
    if name.startswith(_LANGCHAIN):
        return _by_langchain(name.removeprefix(_LANGCHAIN))
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise ConfigError(f"a judge is MODULE:ATTRIBUTE or langchain:PROVIDER:MODEL, got {name!r}")
    try:
        found: Any = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"judge {name}: {error}") from error
    if not callable(found):
        raise ConfigError(f"judge {name} must be a function of a prompt, got {found!r}")
    return found  # type: ignore[no-any-return]  # what it gives shows when it is asked


def _by_langchain(name: str) -> JudgeModel:
    try:
        # By name: the engine stands without the integration.
        models = import_module("tokenomics_langchain.models")
    except ImportError as error:
        raise ConfigError(
            f"judge {_LANGCHAIN}{name} needs the integration: pip install 'tokenomics-llm[openai]'"
        ) from error
    model = models.resolve(name, {"temperature": 0.0})

    def ask(prompt: str) -> str:
        return str(model.invoke(prompt).text)

    return ask


class Tab:
    """An account nobody pays: the judge's own, whose prices are not known here."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def leg(
        self,
        strategy: Strategy,  # noqa: ARG002 -- port
        prompt: Prompt,  # noqa: ARG002 -- port
        purpose: Purpose,  # noqa: ARG002 -- port
    ) -> AbstractContextManager["Tab"]:
        """Open a call."""
        return nullcontext(self)

    def settle(self, reply: Reply, purpose: Purpose | None = None) -> None:
        """Charge nothing."""

    def note(self, decision: str) -> None:
        """Keep nothing."""

    def shield(self, part: str) -> AbstractContextManager[object]:
        """Swallow and count a failure."""
        return self._faults.shield(part)


class Asked:
    """A function that answers every prompt."""

    def __init__(self, model: JudgeModel) -> None:
        self._model = model

    def generate(self, ask: Generate) -> Reply:
        """Ask it."""
        return Reply(self._model("\n\n".join(turn.text for turn in ask.prompt.messages)))

    async def agenerate(self, ask: Generate) -> Reply:
        """Ask it."""
        return self.generate(ask)

    def stream(self, ask: Generate) -> Generator[Chunk, None, None]:
        """Its answer in one piece."""
        reply = self.generate(ask)
        yield Chunk(reply, reply.text)

    async def astream(self, ask: Generate) -> AsyncGenerator[Chunk, None]:
        """Its answer in one piece."""
        for chunk in self.stream(ask):
            yield chunk

    def merge(self, ask: Generate, chunks: Sequence[Chunk]) -> Reply:  # noqa: ARG002 -- port
        """Join what came."""
        return Reply("".join(chunk.text for chunk in chunks))

    def replay(self, reply: Reply) -> Iterable[Any]:
        """The answer in one piece."""
        return [reply]

    def aside(self) -> "Asked":
        """The same: nobody is told anyway."""
        return self
