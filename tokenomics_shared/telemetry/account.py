"""One request's account: opened when it comes, closed into the ledger whatever ends it."""

import itertools
import secrets
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

from tokenomics_shared.errors import Abandoned, CallFailed
from tokenomics_shared.forks import ForkSafe
from tokenomics_shared.learning import Probe
from tokenomics_shared.ports import LedgerStore, Prices
from tokenomics_shared.telemetry.faults import Faults, Shield
from tokenomics_shared.telemetry.savings import (
    ASIDE,
    CUTS,
    Answer,
    baseline_of,
    saver,
    spared_by,
    total_cost,
)
from tokenomics_shared.types import (
    NO_USAGE,
    Charge,
    Outcome,
    Part,
    Prompt,
    Purpose,
    QueryPlan,
    Recall,
    Reply,
    Roster,
    Savings,
    Status,
    Strategy,
    Tier,
    Unsent,
    Usage,
)

Estimate = Callable[[Prompt, str], Usage]
"""Counts a call's tokens when the provider reported none, from the prompt and the answer."""

PICODOLLAR = Decimal("1e-12")
"""Amounts are rounded to picodollars when they come up, so that every later sum is exact."""

ABANDONED = "Abandoned"
"""What a request that its caller left is recorded as having failed with."""

_MISS = Recall()


class _Ids(ForkSafe):
    """Names requests, each once in the world: a series drawn by each process, and a number."""

    def __init__(self) -> None:
        self.in_child()
        super().__init__()

    @override
    def in_child(self) -> None:
        """Draw a series that is not the parent's."""
        self._series = secrets.token_hex(6)
        self._serial = itertools.count(1)

    def next(self) -> str:
        """A name that was never given."""
        return f"{self._series}-{next(self._serial):x}"


_ids = _Ids()


class Books:
    """Opens accounts and closes them into the ledger. Safe to share between threads."""

    def __init__(
        self,
        ledger: LedgerStore,
        prices: Prices,
        estimate: Estimate,
        *,
        faults: Faults,
        now: Callable[[], float],
        tick: Callable[[], float],
    ) -> None:
        """Make the books.

        Args:
            ledger: where closed accounts go.
            prices: what tokens cost.
            estimate: counts tokens that were not reported.
            faults: where the parts' faults are counted.
            now: seconds since the epoch.
            tick: seconds that only ever grow.
        """
        self.ledger = ledger
        self.prices = prices
        self.estimate = estimate
        self.now = now
        self.tick = tick
        self.faults = faults

    def open(self, roster: Roster, *, audit: Part | None = None) -> "OpenAccount":
        """Open the account of a request that has just come, or of an audit that nobody asked.

        Args:
            roster: the models that may answer.
            audit: the part whose answer is compared with what it replaced, and which pays.
        """
        return OpenAccount(self, roster, _ids.next(), audit=audit)

    def cost(self, tier: Tier, model: str, usage: Usage) -> Decimal | None:
        """US dollars for this usage, in whole picodollars; None when its price is unknown."""
        cost = self.prices.cost(tier, model, usage)
        return None if cost is None else cost.quantize(PICODOLLAR)


class OpenAccount:
    """A request being answered: what was found, asked, decided, and what broke.

    A context manager around the whole request. Leaving without `close` records the request as
    failed or abandoned, with every call it has made.
    """

    def __init__(
        self, books: Books, roster: Roster, request_id: str, *, audit: Part | None = None
    ) -> None:
        self.books = books
        self.roster = roster
        self.charges: list[Charge] = []
        self.trace: list[str] = []
        self.recall = _MISS
        self.plan: QueryPlan | None = None
        self.strategy = ""
        self.model = ""
        self.answer: Answer | None = None
        self.accepted_draft = False
        self.escalated = False
        self.quality: float | None = None
        self.reward: float | None = None
        self.shortcut = ""
        self.weight: float | None = None
        self.loss: float | None = None
        self.cost: Decimal | None = None
        self.baseline_cost: Decimal | None = None
        self.baseline_estimated = False
        self._reckoned = False
        self._drafted = False
        self.probe: Probe | None = None
        self.unsent: Any = None
        self.held_back = False
        self.request_id = request_id
        self.at = books.now()
        self._audit = audit
        self._start = books.tick()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._closed:
            cause = error.cause if isinstance(error, CallFailed) else error
            self.close(None, type(cause).__name__ if isinstance(cause, Exception) else ABANDONED)

    def leg(self, strategy: Strategy, prompt: Prompt, purpose: Purpose) -> "OpenLeg":
        """Open a model call; leaving without settling charges what the failure carries."""
        self._drafted = self._drafted or purpose == "draft"
        return OpenLeg(self, strategy, prompt, purpose)

    def note(self, decision: str) -> None:
        """Add a decision to the trace."""
        self.trace.append(decision)

    def shield(self, part: str) -> Shield:
        """Swallow and count a part's failure, so that the request goes on without it."""
        return Shield(self.books.faults, part, self.trace)

    def answering(self) -> Charge:
        """The last call that was made for an answer, not to judge one or to prepare it."""
        last = self.charges[-1]
        if last.purpose not in ASIDE:
            return last
        return next(charge for charge in reversed(self.charges) if charge.purpose not in ASIDE)

    def elapsed_s(self) -> float:
        """Seconds since the request came."""
        return self.books.tick() - self._start

    def reckon(self) -> None:
        """Sum what was spent, and what premium alone would have cost; no call comes after."""
        if self._reckoned:
            return
        self._reckoned = True
        self.cost = total_cost(self.charges)
        if self._audit:
            # Without the part there had been nothing to audit: all of it is the part's cost.
            self.baseline_cost = Decimal(0)
            return
        with self.shield("prices"):
            self.baseline_cost, self.baseline_estimated = baseline_of(
                self.charges, self.answer, self.roster, self.books.cost, self._unsent()
            )

    def _unsent(self) -> Sequence[Unsent]:
        return () if self.plan is None else self.plan.unsent

    def close(self, reply: Reply | None, failure: str = "") -> Outcome:
        """Write the request into the ledger and tell its outcome."""
        self._closed = True
        self.reckon()
        cost, baseline = self.cost, self.baseline_cost
        savings = None
        if cost is not None and baseline is not None:
            remembered = self.recall.memo is not None
            part = self._audit or saver(remembered=remembered, drafted=self._drafted)
            spared: dict[Part, Decimal] = {}
            if self._unsent() or any(charge.purpose in CUTS for charge in self.charges):
                with self.shield("prices"):
                    spared = spared_by(self.charges, self._unsent(), self.roster, self.books.cost)
            rest = baseline - cost - sum(spared.values())
            savings = Savings(**spared | {part: rest + spared.get(part, 0)})
        outcome = Outcome(
            request_id=self.request_id,
            at=self.at,
            latency_s=self.elapsed_s(),
            reply=reply,
            failure=failure,
            strategy=self.strategy,
            model=self.model,
            recall=self.recall,
            plan=self.plan,
            charges=tuple(self.charges),
            cost=cost,
            baseline_cost=baseline,
            baseline_estimated=self.baseline_estimated,
            savings=savings,
            accepted_draft=self.accepted_draft,
            escalated=self.escalated,
            quality=self.quality,
            reward=self.reward,
            trace=tuple(self.trace),
            audit=self._audit,
            shortcut=self.shortcut,
            weight=self.weight,
            loss=self.loss,
            probe=self.probe,
            unsent=self.unsent,
        )
        with self.shield("ledger"):
            self.books.ledger.append(outcome)
        return outcome


class OpenLeg:
    """A model call being made; whatever ends it is charged."""

    def __init__(
        self, account: OpenAccount, strategy: Strategy, prompt: Prompt, purpose: Purpose
    ) -> None:
        self._account = account
        self._strategy = strategy
        self._prompt = prompt
        self._purpose = purpose
        self._reply: Reply | None = None
        self._start = account.books.tick()

    def __enter__(self) -> Self:
        return self

    def settle(self, reply: Reply, purpose: Purpose | None = None) -> None:
        """Charge the call for this reply, and for another purpose than it was opened for."""
        self._reply = reply
        self._purpose = purpose or self._purpose

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._reply is not None:
            self._charge("ok", self._reply, "")
            charge = self._account.charges[-1]
            # What a judge wrote says nothing of how long an answer of premium had been.
            if self._purpose not in ASIDE:
                self._account.answer = (charge.usage, charge.tier)
        elif isinstance(error, CallFailed):
            self._charge("failed", error.partial, type(error.cause).__name__)
        elif error is not None:
            left = error.partial if isinstance(error, Abandoned) else None
            self._charge("abandoned", left or Reply(""), "")

    def _charge(self, status: Status, reply: Reply | None, error: str) -> None:
        """A failure that brought nothing is not billed; all else is, counted here if need be."""
        books = self._account.books
        tier = self._account.roster.tiers[self._strategy.tier]
        usage = NO_USAGE if reply is None else reply.usage
        if usage is None:
            usage = books.estimate(self._prompt, reply.text if reply else "")
        model = (reply.model if reply else "") or self._prompt.params.get("model") or tier.model
        cost: Decimal | None = Decimal(0) if reply is None else None
        if reply is not None:
            with self._account.shield("prices"):
                cost = books.cost(tier, model, usage)
        self._account.charges.append(
            Charge(
                tier=tier.name,
                model=model,
                provider=tier.provider,
                purpose=self._purpose,
                status=status,
                usage=usage,
                cost=cost,
                latency_s=books.tick() - self._start,
                error=error,
            )
        )
