"""Tool results with a planted answer: logs, traces, tables and pages."""

from collections.abc import Callable, Sequence
from random import Random

from tool_texts import CITIES, FIRST, LAST, SERVICES, Case, hexes, middle, stamp

_CALM = (
    "Served {path} in {ms} ms",
    "Cache refreshed, {n} entries, 0 errors",
    "Connection pool has {n} of 64 in use",
    "Scheduled job {job} finished without errors",
    "User {user} signed in from {ip}",
    "error_count=0 dropped=0 window=60s",
    "Heartbeat ok, lag {n} ms",
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
    head = f"{stamp(random, at)[:-1]}.114Z"
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
        answer = f"{head} INFO  [mailer] Message {hexes(random, 10)} delivered"
        query, asked = f"Was {answer.split()[4]} delivered?", "id"
    lines[at] = answer
    needles: tuple[str, ...] = (answer,)
    if way == "trace":
        frames = [line.format(id=hexes(random, 6)) for line in _TRACE]
        lines[at] = "\n".join([answer, *frames])
        needles = (answer, frames[0], frames[1], next(f for f in frames if f.startswith("Caused")))
    return Case("log", asked, "\n".join(lines) + "\n", query, needles)


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
    when = f"{1 + at // 600:02}/May/2025:{at // 60 % 24:02}:{at % 60:02}:{random.randrange(60):02} +0000"
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
        f"May  4 {at // 60 % 24:02}:{at % 60:02}:07 web-{at % 3} {_said(random, random.choice(forms))}"
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


def table(random: Random) -> Case:
    """A query's rows, as Markdown, CSV, or as a client prints them."""
    count = random.randrange(40, 300)
    header = ["invoice_id", "customer", "city", "amount", "tax", "state", "due"]
    base = random.randrange(10**4, 10**5)
    rows = []
    for at in range(count):
        amount = random.lognormvariate(5, 0.5)
        state = random.choice(("paid", "paid", "open"))
        name = f"{random.choice(FIRST)} {random.choice(LAST)}"
        rows.append(
            [
                f"INV-{base + at}",
                name,
                random.choice(CITIES),
                f"{amount:.2f}",
                f"{amount * 0.2:.2f}",
                state,
            ]
            + [stamp(random, at * 90)[:10]]
        )
    chosen = rows[middle(random, count)]
    way = random.choice(("id", "largest", "state", "least"))
    asked = "described"
    if way == "id":
        query, asked = f"How much was {chosen[0]}?", "id"
    elif way == "largest":
        chosen[3] = f"{random.uniform(6000, 20000):.2f}"
        query = random.choice(("Which invoice is the highest?", "Where did we earn the most?"))
    elif way == "least":
        chosen[3] = f"-{random.uniform(20, 90):.2f}"
        query, asked = "Do the books look right?", "open"
    else:
        chosen[5] = random.choice(("written_off", "disputed"))
        query, asked = "Whom do we have to call?", "open"
    return Case("table", asked, _printed(random, header, rows), query, (chosen[0], chosen[3]))


def _printed(random: Random, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    style = random.choice(("markdown", "csv", "psql", "aligned"))
    if style == "csv":
        return "\n".join(",".join(row) for row in [header, *rows]) + "\n"
    if style == "markdown":
        lines = [f"| {' | '.join(row)} |" for row in [header, *rows]]
        return "\n".join([lines[0], "|" + "---|" * len(header), *lines[1:]])
    widths = [max(len(row[at]) for row in [header, *rows]) for at in range(len(header))]
    padded = [
        [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        for row in [header, *rows]
    ]
    if style == "psql":
        lines = [" " + " | ".join(row) for row in padded]
        rule = "-" + "-+-".join("-" * width for width in widths)
        return "\n".join([lines[0], rule, *lines[1:], f"({len(rows)} rows)"])
    lines = ["   ".join(row).rstrip() for row in padded]
    return "\n".join([lines[0].upper(), *lines[1:]])


def pod_table(random: Random) -> Case:
    """What `kubectl get pods` prints."""
    count = random.randrange(40, 160)
    rows = []
    for _ in range(count):
        name = f"{random.choice(SERVICES)}-{hexes(random, 9)}-{hexes(random, 5)}"
        rows.append(
            [
                name,
                "1/1",
                "Running",
                str(int(random.random() < 0.1)),
                f"{random.randrange(2, 40)}d",
            ]
        )
    chosen = rows[middle(random, count)]
    if random.random() < 0.5:
        chosen[1:4] = [
            "0/1",
            random.choice(("CrashLoopBackOff", "ImagePullBackOff", "Pending")),
            "12",
        ]
        query, asked = random.choice(
            (("What is not running?", "described"), ("All good?", "open"))
        )
    else:
        query, asked = f"How old is {chosen[0]}?", "id"
    lines = [
        f"{a:<44}{b:<8}{c:<20}{d:<11}{e}"
        for a, b, c, d, e in [["NAME", "READY", "STATUS", "RESTARTS", "AGE"], *rows]
    ]
    return Case("table", asked, "\n".join(lines), query, (chosen[0], chosen[2]))


_PARAGRAPHS = (
    "Our {place} office is open on working days from nine to five and can be reached by tram.",
    "Members receive a newsletter every month with events in {place} and offers of partners.",
    "The team in {place} has grown to {n} people since it moved to the harbour.",
    "Parking near the {place} branch is limited, so please come by bus or bicycle.",
    "Guided tours of {place} start at ten and last for about two hours.",
    "The annual report of the {place} branch may be downloaded as a PDF of {n} pages.",
)
_ANSWERS = (
    ("How long can I return goods?", "Goods may be returned within 37 days if they are unused."),
    ("Who is the data protection officer?", "Our data protection officer is Dr. Ruth Amsel."),
    ("What is the fee for express delivery?", "Express delivery has a fee of 11.90 euros."),
)  # fmt: skip


def page(random: Random) -> Case:
    """A web page with navigation, scripts, text and a table."""
    query, answer = random.choice(_ANSWERS)
    count = random.randrange(20, 60)
    texts = [
        random.choice(_PARAGRAPHS).format(place=random.choice(CITIES), n=random.randrange(20, 90))
        for _ in range(count)
    ]
    rows = [[city, f"{random.gauss(20, 1):.1f}", "open"] for city in CITIES * 2]
    needle: tuple[str, ...] = (answer,)
    asked = "described"
    if random.random() < 0.4:
        at = middle(random, len(rows))
        rows[at] = [rows[at][0], f"{random.uniform(70, 99):.1f}", "open"]
        query, needle, asked = "Which branch has the longest wait?", (rows[at][1],), "described"
    else:
        texts[middle(random, count)] = answer
    body = "".join(
        f'<h2 class="t{at}">Part {at}</h2>\n<p class="text-{hexes(random, 4)}">{text}</p>\n'
        if at % 5 == 0
        else f'<div class="block"><p style="margin:0">{text}</p></div>\n'
        for at, text in enumerate(texts)
    )
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    links = "".join(f'<li><a href="/{city.lower()}?ref=nav">{city}</a></li>' for city in CITIES)
    script = "window.config = {timeout: 3000, onError: null};" * random.randrange(2, 12)
    text = (
        f"<!DOCTYPE html>\n<html><head><title>About us</title><script>{script}</script></head>\n"
        f"<body><nav><ul>{links}</ul></nav><main>{body}<table><tr><th>Branch</th><th>Wait (min)</th>"
        f"<th>State</th></tr>\n{cells}</table></main><footer>{links}</footer></body></html>"
    )
    return Case("html", asked, text, query, needle)


LINES: Sequence[Callable[[Random], Case]] = (
    app_log,
    access_log,
    system_log,
    table,
    table,
    pod_table,
    page,
)
