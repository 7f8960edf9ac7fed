"""The values that the parts exchange: frozen, comparable, free of any framework's types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

CacheType = Literal["exact", "semantic_direct", "context", "none"]
Complexity = Literal["simple", "medium", "complex"]
Purpose = Literal["answer", "draft", "cut", "summary", "audit", "judge"]
"""What a call is for; a `cut` one's answer our own limit had cut short, so it was asked again."""

Status = Literal["ok", "failed", "abandoned"]
Part = Literal["memory_layer", "orchestrator", "bandit", "compression", "cascade"]
"""What saves, by the names of `Savings`."""


SYSTEM_ROLES = frozenset({"system", "developer"})
USER_ROLES = frozenset({"human", "user"})
OWN_ROLES = frozenset({"ai", "assistant", "model"})
TOOL_ROLES = frozenset({"tool", "function"})
"""What frameworks call the four sides of a conversation."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function the model asks for.

    Attributes:
        name: the tool's name.
        args: its arguments as JSON text, exactly as the model wrote them.
        id: the provider's id of the call.
    """

    name: str
    args: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation, for reading only.

    Attributes:
        role: `system`, `human`, `ai`, `tool` or whatever else the framework calls it.
        content: text, or the framework's content blocks (JSON-able).
        tool_calls: functions the turn asks for.
        extra: everything else of the turn that the model sees (JSON-able): a name, the id of
            the tool call it answers, provider fields. Message ids do not belong here.
        raw: the framework's own object; it is what is sent, untouched. Where its content is not
            `content` itself, the same object, a copy of it with that content is sent instead.
    """

    role: str
    content: str | Sequence[Any]
    tool_calls: tuple[ToolCall, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    raw: Any = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """The turn's text, content blocks joined by spaces."""
        if isinstance(self.content, str):
            return self.content
        blocks = (b if isinstance(b, str) else b.get("text", "") for b in self.content)
        return " ".join(text for text in blocks if text)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request: everything that decides what a right answer is.

    Attributes:
        messages: the conversation, oldest first.
        tools: tool schemas offered to the model (JSON-able).
        tool_choice: which of them it must use, in the framework's form.
        response_format: the schema or format the answer must have (JSON-able).
        stop: sequences that end the answer.
        params: other parameters of this call (temperature, seed, …), JSON-able.
        max_tokens: the caller's own limit on the answer, never raised by us.
        tenant: whose request it is; answers never cross tenants.
        pin: the tier the caller asked for by name; nothing else is tried.
        corpus_version: of what the answer is retrieved from; answers never cross versions.
        cache_text: the question as the semantic cache should read it, where the last turn is more
            than that (retrieved text around it); None for the last turn itself.
        no_cache: ask a model even if memory has the answer.
        no_store: keep nothing of this request.
        ttl_s: seconds its answer may be kept; None for the configured time.
        paced: the caller takes the answer in pieces, as fast as it likes.
        token_budget: tokens the request may take, prompt and answer together; None for the
            configured ones.
        compress: shorten it before it is sent, or don't; None for as configured.
    """

    messages: tuple[Message, ...]
    tools: tuple[Any, ...] = ()
    tool_choice: Any = None
    response_format: Any = None
    stop: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    max_tokens: int | None = None
    tenant: str = ""
    pin: str | None = None
    corpus_version: str = ""
    cache_text: str | None = None
    no_cache: bool = False
    no_store: bool = False
    ttl_s: float | None = None
    paced: bool = field(default=False, compare=False)
    token_budget: int | None = None
    compress: bool | None = None

    @property
    def question(self) -> str:
        """The text of the last turn."""
        return self.messages[-1].text if self.messages else ""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model can do; None where that is unknown.

    Attributes:
        input_tokens: the most it reads.
        output_tokens: the most it writes, as its own settings say.
        tools: it calls tools.
        images: it reads images.
        structured: it keeps to a response format.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    tools: bool | None = None
    images: bool | None = None
    structured: bool | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """A model at a price and place in the order.

    Attributes:
        name: what strategies call it (`cheap`, `balanced`, `premium`, …).
        model: the model's name as its provider knows it; prices are looked up by it.
        provider: the provider's name, empty when unknown.
        identity: text that changes whenever the model's own settings would change its answers
            (name, temperature, …). Part of every cache key.
        abilities: what the model can do.
    """

    name: str
    model: str
    provider: str = ""
    identity: str = ""
    abilities: Abilities = field(default=Abilities(), repr=False)


@dataclass(frozen=True, slots=True)
class Strategy:
    """An arm of the bandit: a tier with its generation parameters.

    Attributes:
        arm_id: the arm's name in reports and in the bandit's state.
        tier: the tier that answers; the arm's own name when left empty.
        model: the model behind the tier (an object of the framework or a string), for
            wrappers that are given strategies and no tiers.
        max_tokens: a limit on the answer; the smaller of it and the caller's is sent.
        temperature, top_p, frequency_penalty, presence_penalty: sent when set and when the
            caller set none.
        metadata: the user's own notes.
    """

    arm_id: str
    tier: str = ""
    model: Any = field(default=None, repr=False)
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.tier:
            object.__setattr__(self, "tier", self.arm_id)


@dataclass(frozen=True, slots=True)
class Roster:
    """The models that may answer a request.

    Attributes:
        tiers: by name.
        arms: the strategies, cheapest first; the last is the premium one, the baseline that
            savings are measured against.
        identity: text that changes whenever another set of models could answer.
    """

    tiers: Mapping[str, Tier]
    arms: tuple[Strategy, ...]
    identity: str = field(init=False)

    def __post_init__(self) -> None:
        # A tier without an arm may be pinned.
        object.__setattr__(self, "identity", repr((self.arms, tuple(self.tiers.values()))))

    @property
    def premium(self) -> Strategy:
        """The arm that savings are measured against."""
        return self.arms[-1]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, as reported.

    Attributes:
        input: all tokens read, those of the provider's prompt cache included.
        output: all tokens written, reasoning included.
        cache_read: of `input`, those read from the provider's prompt cache.
        cache_write: of `input`, those written to it.
        reasoning: of `output`, those spent on reasoning.
        estimated: counted here because the provider reported none.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    estimated: bool = False

    @property
    def total(self) -> int:
        """Tokens read and written."""
        return self.input + self.output

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.reasoning + other.reasoning,
            self.estimated or other.estimated,
        )


NO_USAGE = Usage()
"""Nothing read and nothing written."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many tokens an answer will have, as quantiles.

    Attributes:
        p50, p90, p99: the answer is no longer with a probability of 50, 90 and 99 %.
        trained: learned from answers of this model; otherwise a rule of thumb, too rough to
            limit an answer by.
    """

    p50: int
    p90: int
    p99: int
    trained: bool = False


@dataclass(frozen=True, slots=True)
class Allocation:
    """A piece's share of the token budget.

    Attributes:
        name: the piece: `question`, `system`, `tools`, `context`, `history`, `response`, …
        tokens: what it gets.
        wanted: what it would have taken.
        utility: what that is worth in the plan, at least 0.
    """

    name: str
    tokens: int
    wanted: int
    utility: float


@dataclass(frozen=True, slots=True)
class Unsent:
    """Tokens of the prompt that were not sent, as they would have been billed.

    Attributes:
        part: what left them out.
        fresh: those that would have been read at the full price.
        cached: those that would have been read from the provider's prompt cache.
    """

    part: Part
    fresh: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """What is known about a request before any model is asked.

    Attributes:
        complexity: how hard the question looks.
        token_budget: tokens the request may take, prompt and answer together.
        input_tokens: the prompt's tokens as it is sent.
        predicted_output_tokens: the likely length of the answer, whoever gives it.
        forecasts: how long the answer of each model will be, by its name.
        allocations: how the budget is divided.
        context_quality_score: share of the utility of retrieved text, tool results and history
            that is kept, 0 to 1.
        compression_ratio: tokens sent over tokens that came, 0 to 1.
        unsent: what was left out of the prompt.
        approximate: tokens are estimated, not counted by the model's own encoding.
        note: what could not be held to the budget, in words; empty when everything could.
    """

    complexity: Complexity
    token_budget: int
    input_tokens: int
    predicted_output_tokens: int
    forecasts: Mapping[str, Forecast] = field(default_factory=dict)
    allocations: tuple[Allocation, ...] = ()
    context_quality_score: float = 1.0
    compression_ratio: float = 1.0
    unsent: tuple[Unsent, ...] = ()
    approximate: bool = True
    note: str = ""


_TRUNCATED = frozenset({"length", "max_tokens", "MAX_TOKENS", "incomplete"})
"""The providers' words for an answer that a limit ended."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer.

    Attributes:
        text: the answer's text.
        tool_calls: functions it asks for.
        usage: tokens as the provider reported them, or None when it reported none.
        finish_reason: `stop`, `length`, `tool_calls`, `content_filter`, `aborted` (stopped by
            our own gate), `unfinished` (streamed, and the reason that should have ended it never
            came) or the provider's word; empty when a whole answer came without one.
        model: the model's name as the provider reported it.
        logprobs: log-probabilities of its tokens, in order, where the provider gives them.
        faults: what is wrong with it already as a message (a tool call whose arguments are
            not JSON, a refusal), in words.
        raw: the framework's own object.
        shown: the caller has already seen some of it, so it can't be taken back.
    """

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    finish_reason: str = "stop"
    model: str = ""
    logprobs: tuple[float, ...] = ()
    faults: tuple[str, ...] = ()
    raw: Any = field(default=None, compare=False, repr=False)
    shown: bool = field(default=False, compare=False)

    @property
    def truncated(self) -> bool:
        """A limit on its length ended it."""
        return self.finish_reason in _TRUNCATED


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's finding on one answer.

    Attributes:
        accepted: good enough.
        score: how good, 0 to 1.
        reason: why not, in words.
        likelihood: calibrated probability that the answer is right; None when the judge has none.
        abstained: the judge could not tell, which is not accepting.
        features: what the scorer read in the answer, to learn from later.
    """

    accepted: bool
    score: float
    reason: str = ""
    likelihood: float | None = None
    abstained: bool = False
    features: tuple[float, ...] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Memo:
    """What memory keeps of an answer: enough to give it again, and to say what it had cost.

    Attributes:
        payload: the framework's message as JSON text.
        usage: tokens of the call that made it.
        model: the model that made it, `tier` and `arm_id` its place then.
    """

    payload: str
    usage: Usage
    model: str
    tier: str
    arm_id: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the semantic cache keeps of a request beside its answer.

    Attributes:
        key: the request's exact key, under which its answer is kept.
        partition: digest of everything but the question that decides what a right answer is.
        group: the answer group it is in; all its answers were found to agree.
        embedder: what made its vector.
        text: the question.
    """

    key: bytes
    partition: bytes
    group: int
    embedder: str
    text: str

    @property
    def entry(self) -> int:
        """Its number in indexes: 63 bits of its key."""
        return entry_of(self.key)


def entry_of(key: bytes) -> int:
    """The number of the entry under an exact key."""
    return int.from_bytes(key[:8], "big") >> 1


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A kept question near the one that is asked, with its answer.

    Attributes:
        question: the kept question.
        memo: its answer.
        reusable: the model may be asked whether the answer does as it is; otherwise it is context.
    """

    question: str
    memo: Memo
    reusable: bool


@dataclass(frozen=True, slots=True)
class Label:
    """Whether a kept answer was right for a question it was given, or might have been given, for.

    Attributes:
        partition: where.
        features: what was known of the match.
        right: whether a fresh answer agreed with it.
        weight: how many matches it stands for: 1, or more when it was sampled.
        audited: the answer had been given; otherwise it was only compared on a miss.
        at: when, in seconds since the epoch.
    """

    partition: bytes
    features: tuple[float, ...]
    right: bool
    weight: float
    audited: bool
    at: float


@dataclass(frozen=True, slots=True)
class Recall:
    """What memory found: a memo to answer with, or nothing.

    Attributes:
        memo: the kept answer; None on a miss.
        cache_type: which cache gave it.
        similarity: how near the kept question is, 1 when it is the same; of the nearest one that
            was refused on a miss.
        key: the request's exact key; None when it has none and can't be kept.
        entry: names the kept answer that was given, or refused; empty when there was none.
        refused: why a near answer was not given, in words.
        near: a near question whose answer was not given but may help; None without one.
        audit: this hit is in the sample that is compared with a fresh answer.
        note: how it was found, for the trace.
        finding: what the memory itself wants to know again when it learns of the outcome.
    """

    memo: Memo | None = None
    cache_type: CacheType = "none"
    similarity: float | None = None
    key: bytes | None = None
    entry: str = ""
    refused: str = ""
    near: NearMiss | None = None
    audit: bool = False
    note: str = ""
    finding: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Charge:
    """One billed call of a request.

    Attributes:
        tier, model, provider: who was asked.
        purpose: what for.
        status: whether it was answered, failed, or was left by the caller half-way.
        usage: tokens billed.
        cost: US dollars; None when no price is known.
        latency_s: seconds from asking to the last token.
        error: the class name of the failure, never its text.
    """

    tier: str
    model: str
    provider: str
    purpose: Purpose
    status: Status
    usage: Usage
    cost: Decimal | None
    latency_s: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Savings:
    """US dollars saved by each part against always asking premium; negative when it cost more."""

    memory_layer: Decimal = Decimal(0)
    orchestrator: Decimal = Decimal(0)
    bandit: Decimal = Decimal(0)
    compression: Decimal = Decimal(0)
    cascade: Decimal = Decimal(0)

    def by_part(self) -> dict[Part, Decimal]:
        """The parts by name."""
        return {
            "memory_layer": self.memory_layer,
            "orchestrator": self.orchestrator,
            "bandit": self.bandit,
            "compression": self.compression,
            "cascade": self.cascade,
        }

    @property
    def total(self) -> Decimal:
        """The parts' sum."""
        return (
            self.memory_layer + self.orchestrator + self.bandit + self.compression + self.cascade
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer with its provenance: what a caller is told, and what the ledger keeps.

    Attributes:
        request_id: names the request in the ledger.
        at: when it came, in seconds since the epoch.
        latency_s: seconds from request to answer.
        reply: the answer; None when there is none.
        failure: the class name of what ended it, `Abandoned` when the caller left, empty when
            it was answered.
        strategy: the arm that answered, or had answered what memory gave; empty when none did.
        model: the model that did.
        recall: what memory found.
        plan: what was known beforehand; None when memory answered.
        charges: every billed call, in order.
        cost: the charges' sum in US dollars; None when a price is unknown.
        baseline_cost: what premium alone would have cost; None when its price is unknown.
        baseline_estimated: premium was not asked, so the baseline has the given answer's length.
        savings: by part; None when cost or baseline is unknown.
        accepted_draft: a draft was judged good enough.
        escalated: a draft was rejected and premium asked.
        quality: the judge's score of the answer, 0 to 1, when it was judged.
        reward: what the bandit learned, when it did.
        trace: the decisions, in order, in words.
        audit: nobody asked: a sampled answer was compared with what it had replaced; the part
            whose answer it was, which pays for it.
        shortcut: the cheaper way that answered instead of premium, or is audited, by name; empty
            for premium, and for memory.
        weight: how many uses of the shortcut the audit stands for, of an answer that will be
            audited or of the audit itself; None when it is not in the sample, and of a probe of
            what is closed.
        loss: what the audit found: premium's quality minus the given answer's, -1 to 1.
        probe: what routing wants to compare the answer with, once the caller has it.
        unsent: what the answer is to be compared with to find out what compression lost.
    """

    request_id: str
    at: float
    latency_s: float
    reply: Reply | None
    failure: str
    strategy: str
    model: str
    recall: Recall
    plan: QueryPlan | None
    charges: tuple[Charge, ...]
    cost: Decimal | None
    baseline_cost: Decimal | None
    baseline_estimated: bool
    savings: Savings | None
    accepted_draft: bool
    escalated: bool
    quality: float | None
    reward: float | None
    trace: tuple[str, ...]
    audit: Part | None = None
    shortcut: str = ""
    weight: float | None = None
    loss: float | None = None
    probe: Any = field(default=None, compare=False, repr=False)
    unsent: Any = field(default=None, compare=False, repr=False)

    @property
    def usage(self) -> Usage:
        """The charges' tokens."""
        return sum((charge.usage for charge in self.charges), start=NO_USAGE)


@dataclass(frozen=True, slots=True)
class ModelTotals:
    """What one model of one tier was asked and billed.

    Attributes:
        calls: how often it was asked; `failed` of them gave no answer.
        usage: tokens billed, `estimated` when any of them were counted here.
        cost: US dollars of the calls whose price is known.
        unpriced: calls whose price is unknown; their cost is not in `cost`.
        estimated: calls whose tokens were counted here.
    """

    tier: str
    model: str
    calls: int
    failed: int
    usage: Usage
    cost: Decimal
    unpriced: int
    estimated: int


@dataclass(frozen=True, slots=True)
class AuditedQuality:
    """What audits say of one shortcut's answers.

    Attributes:
        shortcut: its name.
        uses: answers it gave.
        audits: how many of them were compared with premium's.
        loss: mean of premium's quality minus theirs, over all uses, -1 to 1; None without audits.
        low, high: its 95 % confidence interval; all that is possible without audits.
    """

    shortcut: str
    uses: int
    audits: int
    loss: float | None = None
    low: float = -1.0
    high: float = 1.0


@dataclass(frozen=True, slots=True)
class Totals:
    """A ledger, summed.

    Costs and savings are compared over the requests whose cost and baseline are both known;
    `baseline_cost - compared_cost` equals `savings.total`.

    Attributes:
        requests: all of them; `failed` raised an error, `abandoned` were left by the caller.
        exact_hits: answered from the exact cache.
        semantic_hits: answered from the semantic cache.
        audits: answers that were compared with what they had replaced, which `audit_cost` paid;
            they are no requests, but their cost is in every sum.
        audited: what audits say of each shortcut.
        answered: answers that models gave, of which it is known which shortcut did, if any.
        accepted_drafts: answered by a draft that was judged good enough.
        escalations: answered by a better tier after a rejected draft.
        models: by tier and model.
        compared: requests with a known cost and baseline.
        compared_cost: their cost.
        baseline_cost: their baseline; `baseline_estimated` of it is estimated.
        savings: their savings, by part.
    """

    requests: int = 0
    failed: int = 0
    abandoned: int = 0
    exact_hits: int = 0
    semantic_hits: int = 0
    accepted_drafts: int = 0
    escalations: int = 0
    audits: int = 0
    audit_cost: Decimal = Decimal(0)
    audited: tuple[AuditedQuality, ...] = ()
    answered: int = 0
    models: tuple[ModelTotals, ...] = ()
    compared: int = 0
    compared_cost: Decimal = Decimal(0)
    baseline_cost: Decimal = Decimal(0)
    baseline_estimated: Decimal = Decimal(0)
    savings: Savings = field(default_factory=Savings)

    @property
    def cost(self) -> Decimal:
        """US dollars of every call whose price is known."""
        return sum((model.cost for model in self.models), start=Decimal(0))

    @property
    def unpriced(self) -> int:
        """Calls whose price is unknown."""
        return sum(model.unpriced for model in self.models)
