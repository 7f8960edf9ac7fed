"""Configuration: by keyword, by TOML file, by `TOKENOMICS_...` environment variables.

Keywords win over the environment, the environment over the file, the file over the defaults.
Nested names take two underscores in the environment: `TOKENOMICS_MEMORY__TTL_S=3600`.
"""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from tokenomics_shared.config_errors import in_words, not_json
from tokenomics_shared.config_layers import (
    PREFIX,
    given,
    overlay,
    read_toml,
    refuse_unknown_variables,
)
from tokenomics_shared.config_values import (
    FilePath,
    Positive,
    Probability,
    Section,
    Temperature,
)
from tokenomics_shared.errors import ConfigError

AIMS = {"save": 0.90, "balanced": 0.95, "quality": 0.98}
"""Shares of premium's quality to keep, in words."""

JudgeName = Literal["checks", "confidence", "scorer", "quick", "reference", "agreement", "llm"]


class LLMConfig(Section):
    """Parameters for every call, where the caller sets none.

    Attributes:
        temperature: of sampling, at most 2.
        max_tokens: limit on an answer.
        timeout: seconds a call may take; for models made from strings.
        max_retries: of the provider's client; for models made from strings.
    """

    temperature: Temperature | None = None
    max_tokens: Positive | None = None
    timeout: Annotated[float, Field(gt=0.0)] | None = None
    max_retries: Annotated[int, Field(ge=0)] | None = None


class MemoryConfig(Section):
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
        answers_agree: `(question, fresh answer, kept answer) -> bool` decides, in the background,
            whether two answers that aren't equal say the same; it may ask a model. None for a
            comparison in this process.
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
    answers_agree: Annotated[Callable[[str, str, str], bool] | None, Field(exclude=True)] = None
    cache_text: Annotated[Callable[..., str] | None, Field(exclude=True)] = None
    vector_index: Annotated[str, Field(pattern=r"^chroma:.+")] | None = None
    max_temperature: Annotated[float, Field(ge=0.0)] = 1.0
    allow_tools: bool = False
    allow_structured: bool = False
    across_histories: bool = False
    single_flight: bool = True
    persistent_cache_path: FilePath | None = None
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


class OrchestratorConfig(Section):
    """What is known about a request before any model is asked, and what of it is sent.

    Attributes:
        enabled: plan requests, and refuse empty ones.
        default_token_budget: tokens a request is planned for, prompt and answer together.
            Compression and history keep to it; without them it is only told.
        max_context_tokens: tokens of retrieved text and tools' results together that are sent of
            one turn, where they are compressed.
        knapsack: how the budget is divided: `greedy`, or `exact` by OR-Tools.
        history: what becomes of old turns when a conversation is over its budget: `off` sends
            them, `window` leaves them out, `summary` has the cheapest model sum them up.
        keep_last: exchanges, from a user's turn to the next, that are always sent.
        summary_tokens: of a summary at most.
    """

    enabled: bool = True
    default_token_budget: Positive = 4_000
    max_context_tokens: Positive = 8_000
    knapsack: Literal["greedy", "exact"] = "greedy"
    history: Literal["off", "window", "summary"] = "off"
    keep_last: Positive = 2
    summary_tokens: Annotated[int, Field(ge=50)] = 400


class CompressionConfig(Section):
    """Long texts sent in fewer tokens: the user's, retrieved ones, tools' results.

    Attributes:
        method: `off`; `auto` shortens structured text by its records and prose by its sentences,
            `extractive` and `structured` do one of them; `llmlingua2` drops words.
        compressor: a `Compressor` of your own, in the method's place.
        model: the checkpoint of `llmlingua2`: a folder, or a name on the model hub.
        min_tokens, min_chars: texts that are longer by the one or the other are shortened.
        ratio: share of its tokens that a text keeps.
        tool_ratio: share that a tool's result keeps.
        embedder: reads sentences by meaning: as for memory, or `True` for MiniLM in this process.
            None for words alone.
        embedder_timeout_s: seconds an embedder that is not in this process may take.
        price: US dollars per million tokens that the compressor itself costs; 0 for what runs in
            this process.
    """

    method: Literal["off", "auto", "extractive", "structured", "llmlingua2"] = "off"
    compressor: Annotated[Any, Field(exclude=True)] = None
    model: str | None = None
    min_tokens: Positive = 150
    min_chars: Positive = 500
    ratio: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.4
    tool_ratio: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.3
    embedder: Annotated[Any, Field(exclude=True)] = None
    embedder_timeout_s: Annotated[float, Field(gt=0.0)] = 5.0
    price: Annotated[Decimal, Field(ge=0)] = Decimal(0)

    @model_validator(mode="before")
    @classmethod
    def _in_one_word(cls, given: Any) -> Any:
        return said_in_one_word(given)


def said_in_one_word(given: Any) -> Any:
    """Yes or no, a compression method's name, or a compressor, as the setting it stands for."""
    if isinstance(given, bool):
        return {"method": "auto" if given else "off"}
    if isinstance(given, str):
        return {"method": given}
    return {"compressor": given} if callable(getattr(given, "compress", None)) else given


class PredictionConfig(Section):
    """How long answers will be.

    Attributes:
        enabled: learn it from the answers of each model; otherwise a rule of thumb tells.
        cap: limit answers by what was learned, generously, so that none runs away. One that is
            cut is asked for again; what a caller reads as it comes is not limited.
        lengths_path: file that keeps lengths and features, no text, beyond the process.
    """

    enabled: bool = True
    cap: bool = True
    lengths_path: FilePath | None = None


class BanditConfig(Section):
    """Which arm a request starts at.

    Attributes:
        enabled: learn it; otherwise start at the cheapest (or at premium without a cascade).
        quality_target: share of premium's quality to keep, at the least cost.
        aim: the same in words, for who has no number: `save` keeps 90 %, `balanced` 95 %,
            `quality` 98 %. With neither, a unit of cost is worth `cost_lambda` for good.
        algorithm: how what looks worse is tried.
        reward: `quality` learns quality alone and subtracts this request's cost when it decides;
            `blended` learns RouterBench's blend of quality, cost and latency.
        features: what is read of a question: its `surface`, its `embedding` besides, or whatever
            memory reads anyway (`auto`).
        exploration_rate: how much it tries what looks worse: the constant of UCB1 and LinUCB, the
            share of random choices of epsilon-greedy.
        contextual: learn for each kind of question apart, where the algorithm knows no features.
        cost_lambda: quality given for a unit of cost, one unit being what premium costs.
        latency_lambda: quality given for a second.
        forgetting: what an observation leaves of the earlier ones, at most 1.
        seed: of what is drawn at random; None for another draw in every process.
        state_file: file that keeps what was learned beyond the process.
    """

    enabled: bool = True
    quality_target: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    aim: Literal["save", "balanced", "quality"] | None = "balanced"
    algorithm: Literal["linear_thompson", "thompson", "ucb", "epsilon_greedy", "linucb"] = (
        "linear_thompson"
    )
    reward: Literal["quality", "blended"] = "quality"
    features: Literal["auto", "surface", "embedding"] = "auto"
    exploration_rate: Annotated[float, Field(ge=0.0, le=10.0)] = 0.1
    contextual: bool = True
    cost_lambda: Annotated[float, Field(ge=0.0)] = 0.15
    latency_lambda: Annotated[float, Field(ge=0.0)] = 0.01
    forgetting: Annotated[float, Field(gt=0.9, le=1.0)] = 0.9995
    seed: int | None = None
    state_file: FilePath | None = None

    @property
    def target(self) -> float | None:
        """The quality target, by number or in words; None where cost has a fixed weight."""
        return self.quality_target or (AIMS[self.aim] if self.aim else None)


class JudgeConfig(Section):
    """What a good enough answer is.

    Attributes:
        judges: who looks at drafts, whatever their order here the cheapest first: `checks` (is
            it broken?), `confidence` (the provider's log-probabilities), `scorer` (trained on
            questions and answers), `quick` (length, completeness, keywords), `reference` (BLEU
            or ROUGE), `agreement` (a second model), `llm` (a model and a rubric).
        model: of the `llm` judge and of `compare_with_baseline`: a chat model or a name.
        rubric: what it judges by; a general one when None.
        second_model: of the `agreement` judge: another cheap chat model or its name.
        reference: `(prompt) -> str | None` gives the answer to compare with.
        metric: how the `reference` judge compares.
        timeout_s: seconds a judge's function may take.
        min_length: characters an answer must exceed to score for length in the quick check.
    """

    judges: tuple[JudgeName, ...] = ("checks", "scorer")
    model: Annotated[Any, Field(exclude=True)] = None
    rubric: str | None = None
    second_model: Annotated[Any, Field(exclude=True)] = None
    reference: Annotated[Callable[..., str | None] | None, Field(exclude=True)] = None
    metric: Literal["bleu", "rouge"] = "rouge"
    timeout_s: Annotated[float, Field(gt=0.0)] = 30.0
    min_length: Annotated[int, Field(ge=0)] = 20

    @model_validator(mode="after")
    def _judges_have_what_they_need(self) -> Self:
        needed = {"llm": "model", "agreement": "second_model", "reference": "reference"}
        for judge, setting in needed.items():
            if judge in self.judges and getattr(self, setting) is None:
                raise ValueError(f"judges has {judge!r}, which needs judge.{setting}")
        return self


class AuditConfig(Section):
    """What holds the cheaper ways to their word.

    Attributes:
        enabled: compare a sample of cheaper answers with premium's, when the caller has them.
        rate: share of them that is compared while all is well.
        max_rate: share at most, while an estimate is wide or looks bad.
        max_cost_share: of what answers cost, the share that audits may cost.
        confidence: of the intervals that are told.
        compare: `(question, given answer, premium's answer) -> loss` from -1 (better) over 0 (as
            good) to 1 (worse), or None if unclear. It may block. None for the judge's model where
            there is one, and a comparison in this process where there is none.
    """

    enabled: bool = True
    rate: Annotated[float, Field(gt=0.0, le=1.0)] = 0.01
    max_rate: Annotated[float, Field(gt=0.0, le=1.0)] = 0.25
    max_cost_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    confidence: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.95
    compare: Annotated[Callable[[str, str, str], float | None] | None, Field(exclude=True)] = None

    @model_validator(mode="after")
    def _rates_in_order(self) -> Self:
        if self.rate > self.max_rate:
            raise ValueError(f"rate {self.rate} is above max_rate {self.max_rate}")
        return self


class CascadingConfig(Section):
    """Ask a cheap model first, go up when its answer isn't good enough.

    Attributes:
        enabled: judge drafts and escalate; otherwise the chosen arm's answer stands.
        quality_threshold: score from which a draft is good enough, where no quality target says.
        cheap_model, balanced_model, premium_model: models, when none are given in code.
        use_lightweight_check: have drafts judged as `judge` says; otherwise only broken ones are
            rejected.
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


class TelemetryConfig(Section):
    """What is recorded.

    Attributes:
        ledger_path: file that keeps the ledger beyond the process.
    """

    ledger_path: FilePath | None = None


class PriceConfig(Section):
    """US dollars per million tokens."""

    input: Annotated[Decimal, Field(ge=0)]
    output: Annotated[Decimal, Field(ge=0)]
    cache_read: Annotated[Decimal, Field(ge=0)] | None = None
    cache_write: Annotated[Decimal, Field(ge=0)] | None = None


class TokenomicsConfig(BaseSettings):
    """Everything that can be set.

    Attributes:
        llm, memory, orchestrator, compression, prediction, bandit, judge, cascading, audit,
        telemetry: the parts.
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
    compression: CompressionConfig = CompressionConfig()
    prediction: PredictionConfig = PredictionConfig()
    bandit: BanditConfig = BanditConfig()
    judge: JudgeConfig = JudgeConfig()
    cascading: CascadingConfig = CascadingConfig()
    audit: AuditConfig = AuditConfig()
    telemetry: TelemetryConfig = TelemetryConfig()
    prices: dict[str, PriceConfig] = Field(default_factory=dict)
    state_dir: FilePath | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] | None = None
    log_file: FilePath | None = None

    def __init__(self, **settings: Any) -> None:
        refuse_unknown_variables(type(self).model_fields)
        layers: dict[str, Any] = {}
        # As mappings, what they don't set is left to the environment.
        overlay(layers, settings)
        try:
            super().__init__(**layers)
        except ValidationError as error:
            raise ConfigError(in_words(error)) from None
        except SettingsError as error:
            raise not_json(error, PREFIX) from None

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
        layers = read_toml(Path(path)) if path else {}
        try:
            overlay(layers, EnvSettingsSource(cls)())
        except SettingsError as error:
            raise not_json(error, PREFIX) from None
        overlay(layers, settings)
        return cls(**layers)

    @classmethod
    def off(cls, **settings: Any) -> Self:
        """Every part off: premium answers everything, untouched. Calls are still recorded."""
        layers: dict[str, Any] = {
            "memory": {"use_exact_cache": False},
            "orchestrator": {"enabled": False},
            "compression": {"method": "off"},
            "prediction": {"enabled": False, "cap": False},
            "bandit": {"enabled": False},
            "cascading": {"enabled": False},
            "audit": {"enabled": False},
        }
        overlay(layers, settings)
        return cls(**layers)

    def replace(self, **settings: Any) -> Self:
        """A copy with these settings over its own."""
        layers = given(self)
        overlay(layers, settings)
        return type(self)(**layers)

    def path_of(self, own: Path | None, name: str) -> Path | None:
        """The path a part keeps its state at: its own, or a name in `state_dir`, or none."""
        path = own or (self.state_dir / name if self.state_dir else None)
        return None if path is None else path.expanduser()
