"""Tool results with a planted answer: what a search of the web found."""

import json
from collections.abc import Mapping
from random import Random

from tool_cases import CITIES, Case, as_json, hexes, stamp

FACTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "battery": (
        (
            "How long does the battery of the Aria X2 last?",
            "The Aria X2 ran for 14 hours and 20 minutes in our video loop.",
        ),
        (
            "What does replacing the battery of the Aria X2 cost?",
            "A new cell for the Aria X2 is 79 euros, labour included.",
        ),
    ),
    "bridge": (
        (
            "When was the Velden bridge opened?",
            "Velden's bridge was opened to traffic on 12 June 1957.",
        ),
        (
            "Who designed the Velden bridge?",
            "The engineer Maria Oster drew the plans of the Velden crossing.",
        ),
    ),
    "library": (
        (
            "Which version of frobkit fixed the memory leak?",
            "The leak in frobkit's pool is gone since release 3.8.2.",
        ),
        (
            "How do I set a proxy in frobkit?",
            "Pass proxies={'https': url} to the frobkit Session.",
        ),
    ),
    "visa": (
        (
            "How many days may tourists stay in Norland?",
            "Tourists may stay in Norland for up to 45 days in a half-year.",
        ),
        (
            "What does a Norland visa cost?",
            "The fee for entering Norland is 38 dollars, paid on arrival.",
        ),
    ),
    "drug": (
        (
            "What is the maximum daily dose of lenoxatrin?",
            "Adults should not take more than 60 mg of lenoxatrin a day.",
        ),
        (
            "Can lenoxatrin be taken with alcohol?",
            "Drinking while on lenoxatrin raises the risk of dizziness.",
        ),
    ),
}
"""Questions with snippets that answer them, by subject."""

FILLER = (
    "{s}: everything you need to know, updated for this year by our editors.",
    "Ten things people ask about {s}, and what experts reply.",
    "Buy {s} accessories online. Free delivery over 40 euros. Customer reviews and offers.",
    "Forum: I have had trouble with {s} since last week, has anybody else seen this?",
    "The history of {s}, from its beginnings to the present day, with many pictures.",
    "Compare prices of {s} from 25 shops. No errors in stock, see delivery times.",
    "Video: {s} explained in five minutes. Like and subscribe for more.",
    "Our guide to {s} has been read 12,000 times. Download the PDF.",
    "News about {s}: press releases, events and appointments.",
    "A podcast episode in which two journalists discuss {s} and its critics.",
)
NAMES = {
    "battery": "Aria X2",
    "bridge": "Velden bridge",
    "library": "frobkit",
    "visa": "Norland",
    "drug": "lenoxatrin",
}
_OUTLETS = ("Post", "Review", "Wiki", "Daily")


def search_results(random: Random) -> Case:
    """What a web search found, as JSON: titles, addresses and snippets."""
    subject = random.choice(sorted(FACTS))
    facts = FACTS[subject]
    query, answer = random.choice(facts)
    name = NAMES[subject]
    count = random.randrange(10, 24)
    snippets = [random.choice(FILLER).format(s=name) for _ in range(count)]
    other = next(said for _, said in facts if said != answer)
    snippets[random.randrange(count)] = other
    at = random.randrange(1, count - 1)
    snippets[at] = (
        f"{random.choice(FILLER).format(s=name)} {answer}" if random.random() < 0.5 else answer
    )
    results = [
        {
            "position": place + 1,
            "title": f"{name} - {random.choice(CITIES)} {random.choice(_OUTLETS)}",
            "url": f"https://www.{hexes(random, 6)}.example/{subject}/{hexes(random, 8)}",
            "snippet": snippet,
            "date": stamp(random, random.randrange(40000))[:10],
        }
        for place, snippet in enumerate(snippets)
    ]
    page = {"query": query, "engine": "web", "took_ms": 212, "results": results}
    return Case("search", "described", as_json(random, page), query, (json.dumps(answer)[1:-1],))
