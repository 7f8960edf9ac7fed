"""Configuration: by keyword, by TOML file, by `TOKENOMICS_...` environment variables.

Keywords win over the environment, the environment over the file, the file over the defaults.
Nested names take two underscores in the environment: `TOKENOMICS_MEMORY__TTL_S=3600`.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from tokenomics_shared.errors import ConfigError

PREFIX = "TOKENOMICS_"

OTHER_VARIABLES = frozenset(
    {"TOKENOMICS_CONFIG", "TOKENOMICS_DATA", "TOKENOMICS_COMPATIBLE_API_KEY"}
)
"""Variables with our prefix that are no settings: the file to read, the data to measure on, the
key for OpenAI-compatible servers."""

_SECRET = re.compile("key|secret|password|credential|auth|(access|api|bearer)_?token")
"""Names of what no message shows."""

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(gt=0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class LLMConfig(_Section):
    """Parameters for every call, where the caller sets none.

    Attributes:
        temperature: of sampling.
        max_tokens: limit on an answer.
        timeout: seconds a call may take; for models made from strings.
        max_retries: of the provider's client; for models made from strings.
    """

    temperature: Annotated[float, Field(ge=0.0)] | None = None
    max_tokens: Positive | None = None
    timeout: Annotated[float, Field(gt=0.0)] | None = None
    max_retries: Annotated[int, Field(ge=0)] | None = None


class MemoryConfig(_Section):
    """Answers given before, given again.

    Attributes:
        use_exact_cache: answer a request that is the same as one before.
        use_semantic_cache: answer a request that means the same as one before.
        max_false_hit_rate: of the answers given by meaning, the share that may be wrong; audits
            hold it. None for the fixed thresholds below.
        similarity_threshold: cosine similarity from which a near question is of use.
        direct_return_threshold: cosine similarity from which its answer is given, where there is
            no `max_false_hit_rate`.
        guard: with a fixed threshold, refuse near questions that differ in a number, a negation,
            a name, …; the bounded cache always does.
        observe: decide, log and learn, but give nothing by meaning.
        audit_rate: share of the answers given by meaning that are compared with a fresh one.
        near_miss: what to do with a near question whose answer isn't given: nothing (`off`), show
            it to the cheap model, which may answer that it does as it is (`reuse_check`), or show
            it to whichever model answers (`context`).
        embedder: reads questions: an `Embedder`, a LangChain `Embeddings`, a LlamaIndex
            `BaseEmbedding`, a function, or a model's name. None for MiniLM in this process.
        embedder_timeout_s: seconds an embedder that is not in this process may take.
        cache_text: `(prompt) -> str` gives the question that is cached, where the last turn is
            more than that.
        vector_index: where nearest questions are looked for: None for an index in this process,
            `chroma:FOLDER` or `chroma:http://HOST:PORT` for Chroma.
        max_temperature: requests above it are never answered by meaning.
        allow_tools: answer requests that offer tools by meaning.
        allow_structured: answer requests with a response format by meaning.
        across_histories: share answers to questions that stand alone over conversations.
        single_flight: let the same request wait while its answer is under way.
        persistent_cache_path: file that keeps answers beyond the process.
        max_entries: answers kept in the process; a hundred times as many in the file.
        max_vectors: questions held in the process for the semantic cache.
        ttl_s: seconds an answer lives; None for as long as there is room.
    """

    use_exact_cache: bool = True
    use_semantic_cache: bool = False
    max_false_hit_rate: Annotated[float, Field(gt=0.0, le=0.5)] | None = 0.02
    similarity_threshold: Probability = 0.70
    direct_return_threshold: Probability = 0.85
    guard: bool = True
    observe: bool = False
    audit_rate: Annotated[float, Field(ge=0.0, le=0.05)] = 0.05
    near_miss: Literal["off", "reuse_check", "context"] = "off"
    embedder: Annotated[Any, Field(exclude=True)] = None
    embedder_timeout_s: Annotated[float, Field(gt=0.0)] = 5.0
    cache_text: Annotated[Callable[..., str] | None, Field(exclude=True)] = None
    vector_index: Annotated[str, Field(pattern=r"^chroma:.+")] | None = None
    max_temperature: Annotated[float, Field(ge=0.0)] = 1.0
    allow_tools: bool = False
    allow_structured: bool = False
    across_histories: bool = False
    single_flight: bool = True
    persistent_cache_path: Path | None = None
    max_entries: Positive = 10_000
    max_vectors: Positive = 200_000
    ttl_s: Annotated[float, Field(gt=0.0)] | None = None

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> Self:
        if self.similarity_threshold > self.direct_return_threshold:
            raise ValueError(
                f"similarity_threshold {self.similarity_threshold} is above "
                f"direct_return_threshold {self.direct_return_threshold}"
            )
        return self


class OrchestratorConfig(_Section):
    """What is known about a request before any model is asked.

    Attributes:
        enabled: plan requests, and refuse empty ones.
        default_token_budget: tokens a request is planned for, prompt and answer together.
        max_context_tokens: tokens of retrieved context that a plan may hold.
    """

    enabled: bool = True
    default_token_budget: Positive = 4_000
    max_context_tokens: Positive = 8_000


class BanditConfig(_Section):
    """Which arm a request starts at.

    Attributes:
        enabled: learn it; otherwise start at the cheapest (or at premium without a cascade).
        algorithm: the policy.
        exploration_rate: how much it tries what looks worse: the constant of UCB1.
        contextual: learn for each complexity apart.
        cost_lambda: reward lost per unit of cost, one unit being what premium alone costs.
        latency_lambda: reward lost per second.
        state_file: file that keeps what was learned beyond the process.
    """

    enabled: bool = True
    algorithm: Literal["ucb"] = "ucb"
    exploration_rate: Annotated[float, Field(ge=0.0, le=10.0)] = 0.1
    contextual: bool = False
    cost_lambda: Annotated[float, Field(ge=0.0)] = 0.15
    latency_lambda: Annotated[float, Field(ge=0.0)] = 0.01
    state_file: Path | None = None


class JudgeConfig(_Section):
    """What a good enough answer is.

    Attributes:
        min_length: characters an answer must exceed to score for length.
    """

    min_length: Annotated[int, Field(ge=0)] = 20


class CascadingConfig(_Section):
    """Ask a cheap model first, go up when its answer isn't good enough.

    Attributes:
        enabled: judge drafts and escalate; otherwise the chosen arm's answer stands.
        quality_threshold: score from which a draft is good enough.
        cheap_model, balanced_model, premium_model: models, when none are given in code.
        use_lightweight_check: score drafts with the quick check; otherwise only broken ones
            are rejected.
        use_escalation_prediction: skip drafts that will likely be rejected.
        escalation_prediction_threshold: likelihood from which they are skipped.
    """

    enabled: bool = True
    quality_threshold: Probability = 0.85
    cheap_model: str | None = None
    balanced_model: str | None = None
    premium_model: str | None = None
    use_lightweight_check: bool = True
    use_escalation_prediction: bool = True
    escalation_prediction_threshold: Annotated[float, Field(gt=0.0, le=1.0)] = 0.7


class TelemetryConfig(_Section):
    """What is recorded.

    Attributes:
        ledger_path: file that keeps the ledger beyond the process.
    """

    ledger_path: Path | None = None


class PriceConfig(_Section):
    """US dollars per million tokens."""

    input: Annotated[Decimal, Field(ge=0)]
    output: Annotated[Decimal, Field(ge=0)]
    cache_read: Annotated[Decimal, Field(ge=0)] | None = None
    cache_write: Annotated[Decimal, Field(ge=0)] | None = None


class TokenomicsConfig(BaseSettings):
    """Everything that can be set.

    Attributes:
        llm, memory, orchestrator, bandit, judge, cascading, telemetry: the parts.
        prices: by model name, over the price library's.
        state_dir: folder for the cache, the ledger and the bandit's state, where they have no
            path of their own. Without it they end with the process.
        log_level: of the `tokenomics` logger; untouched when None.
        log_file: where it also writes; nowhere when None.

    Raises:
        ConfigError: a name is unknown or a value impossible; it names each of them.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    llm: LLMConfig = LLMConfig()
    memory: MemoryConfig = MemoryConfig()
    orchestrator: OrchestratorConfig = OrchestratorConfig()
    bandit: BanditConfig = BanditConfig()
    judge: JudgeConfig = JudgeConfig()
    cascading: CascadingConfig = CascadingConfig()
    telemetry: TelemetryConfig = TelemetryConfig()
    prices: dict[str, PriceConfig] = Field(default_factory=dict)
    state_dir: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] | None = None
    log_file: Path | None = None

    def __init__(self, **settings: Any) -> None:
        _refuse_unknown_variables(type(self).model_fields)
        layers: dict[str, Any] = {}
        # As mappings, what they don't set is left to the environment.
        _overlay(layers, settings)
        try:
            super().__init__(**layers)
        except ValidationError as error:
            raise ConfigError(in_words(error)) from None
        except SettingsError as error:
            raise _not_json(error) from None

    @classmethod
    def load(cls, path: str | Path | None = None, /, **settings: Any) -> Self:
        """Read a TOML file, put the environment over it, and these settings over both.

        Args:
            path: the file; the one that `TOKENOMICS_CONFIG` names when None; none without both.
            **settings: as to the constructor.

        Raises:
            ConfigError: the file can't be read, a name is unknown or a value impossible.
        """
        path = path or os.environ.get("TOKENOMICS_CONFIG")
        layers = _read_toml(Path(path)) if path else {}
        try:
            _overlay(layers, EnvSettingsSource(cls)())
        except SettingsError as error:
            raise _not_json(error) from None
        _overlay(layers, settings)
        return cls(**layers)

    @classmethod
    def off(cls, **settings: Any) -> Self:
        """Every part off: premium answers everything, untouched. Calls are still recorded."""
        layers: dict[str, Any] = {
            "memory": {"use_exact_cache": False},
            "orchestrator": {"enabled": False},
            "bandit": {"enabled": False},
            "cascading": {"enabled": False},
        }
        _overlay(layers, settings)
        return cls(**layers)

    def replace(self, **settings: Any) -> Self:
        """A copy with these settings over its own."""
        layers = _given(self)
        _overlay(layers, settings)
        return type(self)(**layers)

    def path_of(self, own: Path | None, name: str) -> Path | None:
        """The path a part keeps its state at: its own, or a name in `state_dir`, or none."""
        path = own or (self.state_dir / name if self.state_dir else None)
        return None if path is None else path.expanduser()


def _overlay(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for name, given in above.items():
        value = _given(given) if isinstance(given, BaseModel) else given
        if isinstance(value, Mapping):
            nested = below.setdefault(name, {})
            if not isinstance(nested, dict):
                raise ConfigError(f"{name}: must hold settings by name, not {nested!r}")
            _overlay(nested, value)
        else:
            below[name] = value


def _given(settings: BaseModel) -> dict[str, Any]:
    """What was set, as mappings; objects stay the objects they are."""
    values = {name: getattr(settings, name) for name in settings.model_fields_set}
    return {
        name: _given(value) if isinstance(value, BaseModel) else value
        for name, value in values.items()
    }


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error


def _refuse_unknown_variables(known: Mapping[str, Any]) -> None:
    for name in os.environ:
        if name.upper().startswith(PREFIX) and name.upper() not in OTHER_VARIABLES:
            setting = name[len(PREFIX) :].split("__")[0].lower()
            if setting not in known:
                raise ConfigError(f"environment variable {name}: there is no setting {setting!r}")


def _not_json(error: SettingsError) -> ConfigError:
    name = str(error).partition('"')[2].partition('"')[0]
    return ConfigError(f"environment variable {PREFIX}{name.upper()} is not JSON")


def in_words(error: ValidationError) -> str:
    """Every problem by name, value and limit, on one line.

    A value is left out when its name says that it is secret, and when it holds other values.
    """
    lines = []
    for problem in error.errors(include_url=False, include_context=False):
        name, value = ".".join(map(str, problem["loc"])), problem["input"]
        if problem["type"] == "extra_forbidden":
            lines.append(f"{name}: there is no such setting")
        elif not isinstance(value, str | int | float | None) or _SECRET.search(name):
            lines.append(f"{name or 'configuration'}: {problem['msg']}")
        else:
            lines.append(f"{name} = {value!r}: {problem['msg']}")
    return "; ".join(lines)
