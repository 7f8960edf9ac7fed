"""What a request came to: its calls, its savings, all of them summed."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from tokenomics_shared.types.memories import Recall
from tokenomics_shared.types.plans import Part, QueryPlan
from tokenomics_shared.types.replies import NO_USAGE, Reply, Usage

Purpose = Literal["answer", "draft", "cut", "summary", "audit", "judge"]
"""What a call is for; a `cut` one's answer our own limit had cut short, so it was asked again."""
Status = Literal["ok", "failed", "abandoned"]


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
