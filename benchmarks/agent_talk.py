"""A support agent's conversation: long tool results and pasted texts, turn after turn.

All is made from a seed. Three tools return what such tools do (JSON of an API, a service's log,
pages of a manual), and now and then the user pastes a text. The agent is LangChain's own.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.tools import BaseTool, StructuredTool
from tool_texts import CITIES, FIRST, LAST, REGIONS, SERVICES, hexes, stamp

from tokenomics_shared.testing import ChatRequest

SYSTEM = (
    "You are the support agent of a parcel company. "
    + " ".join(
        f"Rule {number}: when a customer asks about {what}, look it up before you answer, say "
        f"what you found in plain words, and name the id of every record that you speak of."
        for number, what in enumerate(
            (
                *"refunds parcels invoices addresses couriers insurance customs delays".split(),
                *"passwords tariffs holidays warehouses returns complaints discounts".split(),
            ),
            1,
        )
    )
    + " Never promise a date that no record gives. Answer in the customer's own language."
)
"""A system prompt of the usual length."""

_NUMBER = re.compile(r"'(\d+)'")


@dataclass(frozen=True)
class Exchange:
    """What the user says, and what the tool named in it returns; nothing where it names none."""

    said: str
    result: str = ""


def exchanges(turns: int, seed: int = 0) -> list[Exchange]:
    """The user's side of a conversation, and the tools'.

    Args:
        turns: how often the user speaks.
        seed: of what is drawn at random.
    """
    random = Random(seed)
    made = []
    for number in range(turns):
        place = random.choice(CITIES)
        if number % 5 == 4:
            text = f"<context>\n{_pages(random)}\n</context>\n\nWhat does it say of {place}?"
            made.append(Exchange(text))
            continue
        name, make = list(_TOOLS.items())[number % len(_TOOLS)]
        said = f"Ask {name} for '{seed * 1_000 + number}': what is wrong with {place}?"
        made.append(Exchange(said, make(random)))
    return made


def tools(talk: Sequence[Exchange]) -> list[BaseTool]:
    """The agent's tools; a ticket is the number that the user gives."""
    results = {
        found[1]: each.result for each in talk if (found := _NUMBER.search(each.said)) is not None
    }

    def look_up(ticket: str) -> str:
        return results[ticket]

    return [
        StructuredTool.from_function(look_up, name=name, description=f"Asks {name} of a ticket.")
        for name in _TOOLS
    ]


def answered(request: ChatRequest) -> str:
    """What the agent's model says when it has all it asked for: some sentences."""
    found = _NUMBER.search(request.question)
    words = " ".join(f"{service} is as it was" for service in SERVICES[:8])
    return f"That is all there is of {found[1] if found else 'the text'}: {words}."


def turn_by_turn(
    model: BaseChatModel, talk: Sequence[Exchange], before: Sequence[AnyMessage] = ()
) -> Iterator[list[AnyMessage]]:
    """Hold the conversation; gives all of it after every turn.

    Args:
        model: the agent's.
        talk: what the user says.
        before: the conversation so far.
    """
    agent: Any = create_agent(model, tools(talk), system_prompt=SYSTEM)
    messages = list(before)
    for each in talk:
        messages.append(HumanMessage(each.said))
        messages = agent.invoke({"messages": messages})["messages"]
        yield messages


def _records(random: Random) -> str:
    rows = [
        {
            "id": f"par_{hexes(random, 8)}",
            "created": stamp(random, at * 11),
            "to": {"name": f"{random.choice(FIRST)} {random.choice(LAST)}", "city": city},
            "kg": round(random.uniform(0.2, 20), 1),
            "status": random.choice(("delivered", "delivered", "delivered", "in transit")),
            "error": None,
        }
        for at, city in enumerate(random.choices(CITIES, k=random.randrange(15, 40)))
    ]
    rows[random.randrange(len(rows))] |= {"status": "lost", "error": "not seen since the depot"}
    return json.dumps({"object": "list", "data": rows, "has_more": False})


def _log(random: Random) -> str:
    lines = [
        f"{stamp(random, at)} INFO {random.choice(SERVICES)} request {hexes(random, 8)} served in "
        f"{random.randrange(3, 90)} ms from {random.choice(REGIONS)}"
        for at in range(random.randrange(40, 110))
    ]
    city = random.choice(CITIES)
    lines[random.randrange(len(lines))] = (
        f"{stamp(random, 30)} ERROR scheduler route to {city} refused: no courier is free"
    )
    return "\n".join(lines)


def _pages(random: Random) -> str:
    paragraphs = []
    for number in range(random.randrange(6, 14)):
        city, other = random.sample(CITIES, 2)
        early, most, days = (random.randrange(*it) for it in ((4, 9), (30, 90), (5, 30)))
        name = f"{random.choice(FIRST)} {random.choice(LAST)}"
        paragraphs.append(
            f"Section {number + 1}. Parcels for {city} leave the depot at {early} in the morning. "
            f"A courier carries {most} of them at most. What can't be delivered goes back to "
            f"{other}, where it is kept for {days} days. {name} looks after the depot and may "
            f"open a parcel when its address can't be read. Customers of {other} are told by "
            f"mail, and have a week to answer."
        )
    return "\n\n".join(paragraphs)


_TOOLS: Mapping[str, Callable[[Random], str]] = {
    "parcelapi": _records,
    "serverlogs": _log,
    "manualpages": _pages,
}
"""The tools' names, each said by no one but who wants it."""
