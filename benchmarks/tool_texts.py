"""Tool results with a planted answer: pages of APIs."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tool_cases import (
    CITIES,
    FIRST,
    LAST,
    REGIONS,
    SERVICES,
    Case,
    as_json,
    field,
    hexes,
    middle,
    stamp,
)


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
