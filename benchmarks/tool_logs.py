"""Tool results with a planted answer: logs, with traces in them."""

from collections.abc import Callable, Sequence
from random import Random

from tool_cases import FIRST, SERVICES, Case, hexes, middle, stamp

_CALM = (
    "Served {path} in {ms} ms",
    "Cache refreshed, {n} entries, 0 errors",
    "Connection pool has {n} of 64 in use",
    "Scheduled job {job} finished without errors",
    "User {user} signed in from {ip}",
    "error_count=0 dropped=0 window=60s",
    "Heartbeat ok, lag {n} ms",
    "Message {id} delivered",
)
_BENIGN = (
    "Slow client at {ip}, buffering",
    "Deprecated option 'retry_on_failure' used by {job}",
    "Retrying in 100 ms (attempt 1 of 5)",
)
_BAD = (
    "Could not commit batch {id}: disk quota reached on /var/data",
    "Payment {id} declined by issuer: insufficient funds",
    "TLS handshake with ledger.internal failed: certificate has expired",
    "Deadlock found when trying to get lock on table invoices, batch {id}",
)
_PATHS = ("/v1/cart", "/v1/items", "/v2/login", "/healthz", "/v1/orders", "/assets/app.js")
_TRACE = (
    "java.lang.IllegalStateException: ledger {id} is not balanced",
    "\tat com.acme.ledger.Books.close(Books.java:212)",
    "\tat com.acme.ledger.Nightly.run(Nightly.java:57)",
    *(
        f"\tat org.springframework.aop.framework.Chain.proceed(Chain.java:{n})"
        for n in range(90, 118)
    ),
    *(f"\tat java.base/java.util.concurrent.Pool.work(Pool.java:{n})" for n in range(500, 508)),
    "Caused by: java.sql.SQLException: column total may not be null",
    "\tat org.postgresql.core.Query.fail(Query.java:2440)",
    "\tat com.acme.ledger.Rows.save(Rows.java:88)",
    "\t... 38 more",
)


def _said(random: Random, form: str) -> str:
    return form.format(
        path=random.choice(_PATHS),
        ms=random.randrange(2, 60),
        n=random.randrange(3, 60),
        job=f"{random.choice(SERVICES)}-sync",
        user=random.choice(FIRST).lower() + str(random.randrange(90)),
        ip=f"10.2.{random.randrange(250)}.{random.randrange(250)}",
        id=hexes(random, 8),
    )


def app_log(random: Random) -> Case:
    """An application's log, maybe with a stack trace in it."""
    count = random.randrange(80, 700)
    lines = []
    for at in range(count):
        level = random.choices(("INFO", "DEBUG", "WARN"), (8, 3, 1))[0]
        said = _said(random, random.choice(_BENIGN if level == "WARN" else _CALM))
        name = random.choice(SERVICES)
        lines.append(
            f"{stamp(random, at)[:-1]}.{random.randrange(1000):03}Z {level:<5} [{name}] {said}"
        )
    at = middle(random, count)
    lines[at], query, asked, needles = _planted(random, f"{stamp(random, at)[:-1]}.114Z")
    return Case("log", asked, "\n".join(lines) + "\n", query, needles)


def _planted(random: Random, head: str) -> tuple[str, str, str, tuple[str, ...]]:
    """An entry of the log, a question that it answers, how that asks, and what must stay."""
    way = random.choice(("error", "trace", "slow", "id", "unlevelled"))
    asked = "described"
    if way == "error":
        answer = f"{head} ERROR [{random.choice(SERVICES)}] {_said(random, random.choice(_BAD))}"
        query = random.choice(("What failed?", "Why is the site not working?", ""))
    elif way == "unlevelled":
        answer = f"{head} INFO  [{random.choice(SERVICES)}] {_said(random, random.choice(_BAD))}"
        query, asked = "How did the night go?", "open"
    elif way == "trace":
        answer = f"{head} ERROR [ledger] Nightly close did not finish"
        query = "Which exception stopped the nightly job?"
    elif way == "slow":
        answer = f"{head} INFO  [gateway] Served /v1/items in {random.randrange(5000, 30000)} ms"
        query = random.choice(("Which request was slow?", "Anything unusual?"))
    else:
        answer = f"{head} INFO  [mailer] Message {hexes(random, 8)} delivered"
        query, asked = f"Was {answer.split()[4]} delivered?", "id"
    if way != "trace":
        return answer, query, asked, (answer,)
    frames = [line.format(id=hexes(random, 6)) for line in _TRACE]
    cause = next(frame for frame in frames if frame.startswith("Caused"))
    return "\n".join([answer, *frames]), query, asked, (answer, frames[0], frames[1], cause)


def access_log(random: Random) -> Case:
    """A web server's access log."""
    count = random.randrange(80, 600)
    lines = [
        _access(random, at, random.choice(_PATHS), random.choice((200, 200, 200, 304)), 1)
        for at in range(count)
    ]
    at = middle(random, count)
    way = random.choice(("status", "size", "client"))
    asked = "described"
    if way == "status":
        lines[at] = _access(random, at, "/v1/orders", random.choice((500, 502, 503)), 1)
        query = random.choice(("Were there server errors?", "What went wrong?"))
    elif way == "size":
        lines[at] = _access(random, at, "/v1/items", 200, 4000)
        query = "Which response was the biggest?"
    else:
        lines[at] = lines[at].replace("Mozilla/5.0", "sqlmap/1.7")
        query, asked = "Is anybody attacking us?", "open"
    return Case("log", asked, "\n".join(lines), query, (lines[at],))


def _access(random: Random, at: int, path: str, status: int, factor: int) -> str:
    clock = f"{at // 60 % 24:02}:{at % 60:02}:{random.randrange(60):02}"
    when = f"{1 + at // 600:02}/May/2025:{clock} +0000"
    size = random.randrange(300, 9000) * factor
    client = f"10.{random.randrange(4)}.{random.randrange(250)}.{random.randrange(250)}"
    return f'{client} - - [{when}] "GET {path} HTTP/1.1" {status} {size} "-" "Mozilla/5.0"'


def system_log(random: Random) -> Case:
    """A host's system log."""
    count = random.randrange(80, 400)
    forms = (
        "systemd[1]: Started Session {n} of user deploy.",
        "CRON[{n}]: (root) CMD (run-parts /etc/cron.hourly)",
        "sshd[{n}]: Accepted publickey for deploy from {ip} port 5{n} ssh2",
        "kernel: [{n}.118] eth0: link is up, no errors",
        "dhclient[{n}]: bound to {ip} -- renewal in {n} seconds.",
    )
    lines = [
        f"May  4 {at // 60 % 24:02}:{at % 60:02}:07 web-{at % 3} "
        f"{_said(random, random.choice(forms))}"
        for at in range(count)
    ]
    at = middle(random, count)
    bad = (
        "kernel: Out of memory: Killed process {n} (postgres) total-vm:8123456kB",
        "smartd[{n}]: Device: /dev/sda, 8 Currently unreadable (pending) sectors",
        "sudo: mallory : user NOT in sudoers ; TTY=pts/{n} ; COMMAND=/bin/sh",
    )
    lines[at] = f"{lines[at][:21]} {_said(random, random.choice(bad))}"
    query = random.choice(
        ("Why is the database gone?", "Anything suspicious?", "What should I look at first?")
    )
    return Case("log", "open", "\n".join(lines), query, (lines[at],))


LOGS: Sequence[Callable[[Random], Case]] = (app_log, app_log, access_log, system_log)
