"""Tool results with a planted answer: pages of APIs, and what a search found.

All are made from a seed. Where the answer is, how it stands out and how it is asked for vary, and
there is much beside it that looks like one: near-duplicate ids, benign warnings, counts of no
errors.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

FIRST = "Ana Ben Chloe Dev Elif Femi Goran Hana Ivan Jia Kofi Lena Mateo Nadia Omar Priya".split()
LAST = (
    "Adler Brandt Costa Diaz Egede Fischer Gupta Haddad Ito Jansen Khan Lopez Meyer Novak".split()
)
CITIES = "Lisbon Osaka Nairobi Lyon Austin Bergen Quito Perth Leeds Izmir Porto Hanoi".split()
SERVICES = (
    "checkout billing catalog search-api auth gateway ledger mailer inventory pricing recommender"
    " sessions uploads webhooks notifier scheduler exporter ingest profile cart"
).split()
REGIONS = ("eu-west-1", "us-east-1", "us-west-2", "ap-south-1")


@dataclass(frozen=True)
class Case:
    """A tool's result, a question to it, and what must still be there to answer it.

    Attributes:
        kind: what the text is.
        asked: how the answer is asked for: by its `id`, by what is `described`, or `open`, in
            words that the answer has none of.
        text: the result.
        query: the question.
        answer: texts that are all in what answers it.
    """

    kind: str
    asked: str
    text: str
    query: str
    answer: tuple[str, ...]


def hexes(random: Random, digits: int) -> str:
    """Random hexadecimal digits."""
    return f"{random.getrandbits(4 * digits):0{digits}x}"


def stamp(random: Random, minute: int) -> str:
    """A time of 2025, so many minutes after its first day of May began."""
    hours, left = divmod(minute, 60)
    days, hour = divmod(hours, 24)
    return f"2025-05-{1 + days % 30:02}T{hour:02}:{left:02}:{random.randrange(60):02}Z"


def middle(random: Random, count: int) -> int:
    """A place that is neither among the first nor among the last."""
    return random.randrange(max(4, count // 8), count - max(4, count // 8))


def as_json(random: Random, value: Any) -> str:
    """JSON as tools write it: compact, with spaces, or indented."""
    style = random.choice(("compact", "spaced", "indented"))
    if style == "compact":
        return json.dumps(value, separators=(",", ":"), ensure_ascii=random.random() < 0.5)
    return json.dumps(value, indent=2 if style == "indented" else None)


def field(value: Any, *keys: str) -> tuple[str, ...]:
    """What a record's fields look like in JSON without spaces."""
    return tuple(f'"{key}":{json.dumps(value[key], separators=(",", ":"))}' for key in keys)


def orders(random: Random) -> Case:
    """A page of a shop's orders."""
    count, base = random.randrange(40, 320), random.randrange(10**5, 10**6)
    rows: list[dict[str, Any]] = []
    for at in range(count):
        amount = round(random.lognormvariate(4, 0.6), 2)
        rows.append(
            {
                "id": f"ord_{base + at * 3}",
                "object": "order",
                "created": stamp(random, at * 7),
                "customer": {
                    "id": f"cus_{hexes(random, 10)}",
                    "name": f"{random.choice(FIRST)} {random.choice(LAST)}",
                    "city": random.choice(CITIES),
                },
                "amount": amount,
                "currency": "eur",
                "status": random.choice(("paid", "paid", "paid", "shipped", "shipped", "pending")),
                "items": [
                    {"sku": f"SKU-{random.randrange(900):03}", "qty": random.randrange(1, 5)}
                    for _ in range(random.randrange(1, 4))
                ],
                "error": None,
                "error_count": 0,
                "metadata": {"channel": random.choice(("web", "app")), "retries": 0},
            }
        )
    chosen = rows[middle(random, count)]
    way = random.choice(("id", "largest", "status", "field"))
    if way == "id":
        query, asked = f"What is the status of order {chosen['id']} and who placed it?", "id"
    elif way == "largest":
        chosen["amount"] = round(random.uniform(2500, 9000), 2)
        query, asked = (
            random.choice(("Which order is the largest?", "Who spent the most?")),
            "described",
        )
    elif way == "status":
        chosen["status"] = random.choice(("chargeback", "refund_failed", "disputed"))
        query = random.choice(
            ("Is anything wrong with our sales?", "Does anything need attention?")
        )
        asked = "open"
    else:
        chosen["fraud_review"] = {"assignee": "risk-team", "reason": "velocity"}
        query, asked = "Summarise what is special here.", "open"
    page = {
        "object": "list",
        "has_more": True,
        "url": "/v1/orders",
        "data": rows,
        "total": 10 * count,
    }
    return Case(
        "api", asked, as_json(random, page), query, field(chosen, "id", "amount", "status")
    )


def hosts(random: Random) -> Case:
    """Hosts and how they are doing."""
    count = random.randrange(30, 240)
    rows: list[dict[str, Any]] = [
        {
            "host": f"{random.choice(SERVICES)}-{at:03}.{random.choice(REGIONS)}.internal",
            "up": True,
            "latency_ms": {
                "p50": round(random.gauss(21, 3), 1),
                "p99": round(random.gauss(88, 9), 1),
            },
            "cpu": round(random.uniform(0.1, 0.7), 3),
            "mem_mb": random.randrange(900, 1500),
            "disk_used_pct": random.randrange(30, 70),
            "errors": 0,
            "version": random.choice(("4.12.0", "4.12.0", "4.12.1")),
            "last_seen": stamp(random, random.randrange(60)),
        }
        for at in range(count)
    ]
    chosen = rows[middle(random, count)]
    way = random.choice(("slow", "memory", "version", "down", "id"))
    asked = "described"
    if way == "slow":
        chosen["latency_ms"] = {"p50": 310.4, "p99": round(random.uniform(900, 4000), 1)}
        query = random.choice(("Which host is slow?", "Where do users wait the longest?"))
    elif way == "memory":
        chosen["mem_mb"] = random.randrange(7000, 9000)
        query = "Which machine leaks memory?"
    elif way == "version":
        chosen["version"] = "4.9.7"
        query, asked = "Did every deployment go through?", "open"
    elif way == "down":
        chosen["up"] = False
        query, asked = "Anything I should know before I go on call?", "open"
    else:
        query, asked = f"Tell me the load of {chosen['host']}", "id"
    text = as_json(random, {"generated_at": stamp(random, 0), "hosts": rows, "warnings": []})
    return Case("api", asked, text, query, field(chosen, "host"))


def pods(random: Random) -> Case:
    """What `kubectl get pods -o json` prints."""
    count = random.randrange(15, 60)
    rows = [_pod(random, at) for at in range(count)]
    chosen = rows[middle(random, count)]
    state = chosen["status"]["containerStatuses"][0]
    way = random.choice(("crash", "restarts", "id"))
    asked = "described"
    if way == "crash":
        state |= {"ready": False, "restartCount": random.randrange(9, 40)}
        state["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}
        query = random.choice(("What failed?", "Which pod is unhealthy?"))
    elif way == "restarts":
        state["restartCount"] = random.randrange(14, 90)
        query, asked = "Is the cluster fine?", "open"
    else:
        query, asked = f"On which node does {chosen['metadata']['name']} run?", "id"
    text = as_json(random, {"apiVersion": "v1", "items": rows, "kind": "List"})
    return Case("api", asked, text, query, field(chosen["metadata"], "name"))


def _pod(random: Random, at: int) -> dict[str, Any]:
    service = random.choice(SERVICES)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{service}-{hexes(random, 9)}-{hexes(random, 5)}",
            "namespace": random.choice(("prod", "prod", "staging")),
            "uid": f"{hexes(random, 8)}-{hexes(random, 4)}-{hexes(random, 4)}-{hexes(random, 12)}",
            "labels": {"app": service, "pod-template-hash": hexes(random, 9)},
            "creationTimestamp": stamp(random, at * 31),
        },
        "spec": {
            "nodeName": f"node-{random.randrange(9)}",
            "containers": [
                {
                    "name": service,
                    "image": f"registry.local/{service}:4.{random.randrange(3)}",
                    "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": "100m"}},
                    "env": [
                        {"name": "TIMEOUT_MS", "value": "3000"},
                        {"name": "ERROR_PAGE", "value": "on"},
                    ],
                }
            ],
            "restartPolicy": "Always",
        },
        "status": {
            "phase": "Running",
            "conditions": [
                {"type": kind, "status": "True", "lastProbeTime": None}
                for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
            ],
            "containerStatuses": [
                {
                    "name": service,
                    "ready": True,
                    "restartCount": int(random.random() < 0.1),
                    "state": {"running": {"startedAt": stamp(random, at * 31 + 1)}},
                }
            ],
        },
    }


def readings(random: Random) -> Case:
    """A sensor's readings, by time."""
    count = random.randrange(120, 900)
    level = random.uniform(10, 400)
    rows = [
        {
            "t": stamp(random, at * 5),
            "sensor": f"s{at % 7}",
            "value": round(random.gauss(level, level / 60), 2),
        }
        for at in range(count)
    ]
    chosen = rows[middle(random, count)]
    chosen["value"] = round(level * random.choice((1.9, 0.2)), 2)
    query = random.choice(("Was there a spike or a drop?", "Is any reading abnormal?", ""))
    text = as_json(random, {"unit": "kPa", "readings": rows, "status": "ok"})
    return Case("api", "described" if query else "open", text, query, field(chosen, "t", "value"))


def services(random: Random) -> Case:
    """Services by name, each an object."""
    names = [f"{name}-{zone}" for name in SERVICES for zone in "abc"[: random.randrange(2, 4)]]
    table: dict[str, Any] = {
        name: {
            "replicas": 3,
            "healthy": 3,
            "deployed": stamp(random, random.randrange(9000)),
            "owner": f"team-{random.choice(CITIES).lower()}",
            "last_error": None,
            "sla": "99.9",
            "queue": random.randrange(20),
        }
        for name in names
    }
    name = names[middle(random, len(names))]
    if random.random() < 0.5:
        table[name] |= {"healthy": 1, "last_error": "OOMKilled"}
        query, asked = "What broke?", "described"
    else:
        query, asked = f"Who owns {name}?", "id"
    text = as_json(random, {"cluster": "prod-7", "services": table})
    return Case("api", asked, text, query, (f'"{name}":', *field(table[name], "owner")))


def lines_of_json(random: Random) -> Case:
    """Events, one JSON object a line."""
    count = random.randrange(60, 400)
    rows: list[dict[str, Any]] = [
        {
            "ts": stamp(random, at),
            "level": random.choice(("info", "info", "info", "debug", "warn")),
            "service": random.choice(SERVICES),
            "msg": random.choice(
                ("request served", "cache refreshed", "retry scheduled", "job done")
            ),
            "request_id": hexes(random, 12),
            "duration_ms": random.randrange(3, 60),
            "errors": 0,
        }
        for at in range(count)
    ]
    chosen = rows[middle(random, count)]
    way = random.choice(("error", "slow", "id"))
    asked = "described"
    if way == "error":
        chosen |= {"level": "error", "msg": "payment provider answered 503", "errors": 1}
        query = "Why did customers complain?"
    elif way == "slow":
        chosen["duration_ms"] = random.randrange(4000, 30000)
        query = "Which request took the longest?"
    else:
        query, asked = f"What happened to {chosen['request_id']}?", "id"
    text = "\n".join(json.dumps(row) for row in rows) + "\n"
    return Case("api", asked, text, query, field(chosen, "request_id"))


API: Sequence[Callable[[Random], Case]] = (orders, hosts, pods, readings, services, lines_of_json)

FACTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "battery": (
        ("How long does the battery of the Aria X2 last?", "The Aria X2 ran for 14 hours and 20 minutes in our video loop."),
        ("What does replacing the battery of the Aria X2 cost?", "A new cell for the Aria X2 is 79 euros, labour included."),
    ),
    "bridge": (
        ("When was the Velden bridge opened?", "Velden's bridge was opened to traffic on 12 June 1957."),
        ("Who designed the Velden bridge?", "The engineer Maria Oster drew the plans of the Velden crossing."),
    ),
    "library": (
        ("Which version of frobkit fixed the memory leak?", "The leak in frobkit's pool is gone since release 3.8.2."),
        ("How do I set a proxy in frobkit?", "Pass proxies={'https': url} to the frobkit Session."),
    ),
    "visa": (
        ("How many days may tourists stay in Norland?", "Tourists may stay in Norland for up to 45 days in a half-year."),
        ("What does a Norland visa cost?", "The fee for entering Norland is 38 dollars, paid on arrival."),
    ),
    "drug": (
        ("What is the maximum daily dose of lenoxatrin?", "Adults should not take more than 60 mg of lenoxatrin a day."),
        ("Can lenoxatrin be taken with alcohol?", "Drinking while on lenoxatrin raises the risk of dizziness."),
    ),
}  # fmt: skip
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
            "title": f"{name} - {random.choice(CITIES)} {random.choice(('Post', 'Review', 'Wiki', 'Daily'))}",
            "url": f"https://www.{random.choice(CITIES).lower()}-{hexes(random, 4)}.example/{subject}/{hexes(random, 8)}",
            "snippet": snippet,
            "date": stamp(random, random.randrange(40000))[:10],
        }
        for place, snippet in enumerate(snippets)
    ]
    page = {"query": query, "engine": "web", "took_ms": 212, "results": results}
    return Case("search", "described", as_json(random, page), query, (json.dumps(answer)[1:-1],))
