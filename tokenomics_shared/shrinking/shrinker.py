"""What is sent in a request's place: a fold over its turns, so that it stays the same bytes."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tokenomics_shared.effects import Call, Steps
from tokenomics_shared.orchestrator.allocation import Wanted, divide
from tokenomics_shared.orchestrator.shares import Share
from tokenomics_shared.planning import Allocator, Compressor, TextKind, TokenCounter
from tokenomics_shared.ports import Account
from tokenomics_shared.shrinking.blocks import Block, blocks, groups
from tokenomics_shared.shrinking.histories import History
from tokenomics_shared.shrinking.memo import Digests, Memo
from tokenomics_shared.shrinking.told import planned
from tokenomics_shared.shrinking.work import SentText, Settled, Sized, Work
from tokenomics_shared.shrinking.worth import (
    CACHED_FROM,
    Beginnings,
    Change,
    Pricing,
    Rates,
    digest_of,
    is_worth,
)
from tokenomics_shared.types import Prompt, QueryPlan, Roster

LONGEST: Final = 2_000_000
"""Characters of a text that may be shortened; more would take many seconds to read."""

Shielding = Callable[[str], AbstractContextManager[object]]
"""Swallows and counts the failure of the part of this name."""


class NoShrinking:
    """Sends everything as it came."""

    def shrink(
        self,
        prompt: Prompt,
        plan: QueryPlan,
        roster: Roster,  # noqa: ARG002 -- port
        account: Account | None,  # noqa: ARG002 -- port
    ) -> Steps[tuple[Prompt, QueryPlan]]:
        """The request and its plan."""
        yield from ()
        return prompt, plan


@dataclass(frozen=True, slots=True)
class Rules:
    """Which texts are shortened, and how far.

    Attributes:
        min_chars, min_tokens: texts that have more of the one or the other are.
        ratio: share that questions and context keep, in (0, 1].
        tool_ratio: share that tools' results keep, in (0, 1].
        most: tokens of context and tools' results that are sent of one turn together.
        on: requests that don't say are shortened.
    """

    min_chars: int
    min_tokens: int
    ratio: float
    tool_ratio: float
    most: int
    on: bool = True

    def budget(self, kind: TextKind, tokens: int) -> int:
        """Tokens that a text of so many may keep."""
        ratio = self.tool_ratio if kind == "tool" else self.ratio
        return max(min(self.min_tokens, tokens), round(ratio * tokens))


class Kit(NamedTuple):
    """What counts a model's tokens, and what shortens texts by that count."""

    counter: TokenCounter
    compressor: Compressor


@dataclass(frozen=True, slots=True)
class Tools:
    """What shrinking is done with.

    Attributes:
        kit: by a model's name; may block the first time.
        cost: of the compressor, in US dollars a token read.
        allocator: divides budgets.
        price: what tokens cost.
        shield: swallows and counts a part's failure where no request is charged.
    """

    kit: Callable[[str], Kit]
    cost: Decimal
    allocator: Allocator
    price: Pricing
    shield: Shielding


class Shrinking:
    """Shortens long texts when they are new, and sends them the same way ever after.

    How a text is shortened follows from the turns up to the one it came in, never from later
    ones; so a conversation that is sent again, longer, begins with the same bytes. Safe to share
    between threads.
    """

    def __init__(self, rules: Rules, tools: Tools, history: History, token_budget: int) -> None:
        """Make it.

        Args:
            rules: which texts are shortened.
            tools: what that is done with.
            history: what becomes of old turns.
            token_budget: tokens a request may take, prompt and answer together, unless it says.
        """
        self._rules = rules
        self._tools = tools
        self._history = history
        self._token_budget = token_budget
        self._compressed = Memo[str](len)
        self._settled = Memo[Settled](lambda it: it.chars)
        self._digest_of = Digests()
        self._beginnings = Beginnings()

    def shrink(
        self, prompt: Prompt, plan: QueryPlan, roster: Roster, account: Account | None
    ) -> Steps[tuple[Prompt, QueryPlan]]:
        """Shorten a request, and plan it anew as it is sent."""
        found = self._long(prompt)
        budget = prompt.token_budget or self._token_budget
        if not found and not self._history.may_cut(plan.input_tokens, budget):
            return prompt, plan
        told = account is None
        model = roster.tiers[roster.premium.tier].model

        def worked() -> Work:
            kit = self._tools.kit(model)
            work = Work(prompt, roster, kit.counter, budget, self._digest_of, only_told=told)
            work.shield = self._tools.shield if account is None else account.shield
            about = f"{model}|{budget}|{work.tools}".encode()
            for places in found:
                self._shorten(work, kit.compressor, places, about)
            return work

        # Counting and compressing a long text takes too long for an event loop.
        work: Work = yield from Call(worked)
        messages, gone = yield from self._history.kept(work, account)
        return replace(prompt, messages=messages), planned(work, plan, gone)

    def _long(self, prompt: Prompt) -> list[range]:
        """What came together, where there may be long texts."""
        on = self._rules.on if prompt.compress is None else prompt.compress
        if not on:
            return []
        long = [len(it.text) > self._least for it in prompt.messages]
        return [it for it in groups(prompt.messages) if any(long[it.start : it.stop])]

    @property
    def _least(self) -> int:
        """Characters up to which no text is long: a token has one at least."""
        return min(self._rules.min_chars, self._rules.min_tokens)

    def _shorten(self, work: Work, compressor: Compressor, places: range, about: bytes) -> None:
        """Shorten what is long of the messages that came together."""
        key = work.digest(places.stop) + about
        settled = self._settled.get(key)
        if settled is None:
            settled = self._made(work, compressor, places)
            if not work.only_told:
                settled = self._settled.put(key, settled)
        work.send(settled)

    def _made(self, work: Work, compressor: Compressor, places: range) -> Settled:
        """How the long texts of these messages are sent."""
        rules, count = self._rules, work.counter.count
        new = blocks(work.prompt.messages, places, self._least + 1)
        sized = [
            it
            for it in (Sized(block, count(block.text)) for block in new)
            if it.tokens > rules.min_tokens or len(it.block.text) > rules.min_chars
        ]
        budgets, note = self._budgets(work, places, sized)
        note = "; ".join(filter(None, (note, _too_long(sized))))
        texts = []
        for each, budget in zip(sized, budgets, strict=True):
            block, came = each.block, each.tokens
            text = self._shortened(work, compressor, block, budget)
            sent = came if text == block.text else count(text)
            if not text or not self._is_sent(work, places, each, sent):
                text, sent = "", came
            place = replace(block, text="", query="")
            texts.append(SentText(place, text, Share(block.kind, sent, came)))
        return Settled.of(texts, note)

    def _budgets(self, work: Work, places: range, sized: Sequence[Sized]) -> tuple[list[int], str]:
        """Each text's tokens, its ratio's or less where the token budget is short; and a note.

        What came earlier does not count: old turns are the history's to leave out. So a text's
        share is the same at every later turn.
        """
        if not sized:
            return [], ""
        rest = sum(work.came[place] for place in places) - sum(it.tokens for it in sized)
        given = [
            Wanted("system", "system", work.system_tokens(places.stop)),
            Wanted("tools", "tools", work.tools),
            Wanted("question", "question", max(0, rest)),
        ]
        wants = [self._rules.budget(it.block.kind, it.tokens) for it in sized]
        read = sum(want for want, it in zip(wants, sized, strict=True) if _is_read(it))
        wanted = []
        for want, it in zip(wants, sized, strict=True):
            most, least = want, want
            if _is_read(it):
                most = max(1, want * self._rules.most // max(read, self._rules.most))
                least = max(1, most // 8)
            wanted.append(Wanted(it.block.kind, it.block.kind, most, least))
        parts = [*(part for part in given if part.tokens), *wanted]
        division = divide(parts, work.budget, 0, self._tools.allocator)
        shares = division.allocations[len(parts) - len(wanted) : len(parts)]
        return [max(1, share.tokens) for share in shares], division.note

    def _shortened(self, work: Work, compressor: Compressor, block: Block, budget: int) -> str:
        """The shortened text; the text itself when it can't be shortened.

        A fault leaves one text as it is, not those that were sent shortened before.
        """
        if len(block.text) > LONGEST:
            return block.text
        about = f"{compressor.name}|{block.kind}|{budget}|{len(block.query)}|{block.query}"
        key = digest_of(digest_of(b"", about), block.text)
        known = self._compressed.get(key)
        if known is not None:
            return known

        sent = block.text
        with work.shield("compression"):
            given: Sequence[Any] = compressor.compress(
                [block.text], block.query, budget, block.kind
            )
            (text,) = given
            if not isinstance(text, str):
                raise TypeError(f"{compressor.name} gave {type(text).__name__}, not text")
            sent = self._compressed.put(key, text)
        return sent  # noqa: RET504 -- after a fault it is the text itself

    def _is_sent(self, work: Work, places: range, each: Sized, sent: int) -> bool:
        """Whether the shortened text is sent, as was decided when this conversation had it new."""
        block = each.block
        if sent >= each.tokens:
            return False
        where = f"{block.message}|{block.piece}|{block.start}"
        key = digest_of(work.digest(places.stop), where)
        decided = self._beginnings.decided(key)
        if decided is None:
            change = self._change(work, each, sent)
            decided = is_worth(change, Rates.of(work.roster, self._tools.price))
            if not work.only_told:
                decided = self._beginnings.decide(key, shorten=decided)
        return decided

    def _change(self, work: Work, each: Sized, sent: int) -> Change:
        block, place = each.block, each.block.message
        text = work.prompt.messages[place].text
        if place not in work.stable:
            work.stable[place] = self._beginnings.stable(
                work.digest(place), text, keep=not work.only_told
            )
        chars = work.stable[place]
        # Providers keep a beginning as a whole, however many texts there are in it.
        if sum(work.sizes[:place]) + work.came[place] * chars / len(text) < CACHED_FROM:
            chars = 0
        own = min(max(0, chars - work.ahead(block)), len(block.text))
        stable = round(each.tokens * own / len(block.text))
        return Change(each.tokens, sent, stable, self._tools.cost * each.tokens)


def _too_long(sized: Sequence[Sized]) -> str:
    """Which texts are left alone, in words; empty for none."""
    longest = max((len(it.block.text) for it in sized), default=0)
    if longest <= LONGEST:
        return ""
    return f"a text of {longest} characters is sent as it is: above {LONGEST} none is shortened"


def _is_read(sized: Sized) -> bool:
    """Whether it is a text to be read for the question, not the question itself."""
    return sized.block.kind != "question"
