"""Tool results with a planted answer: tables and pages."""

from collections.abc import Callable, Sequence
from random import Random

from tool_cases import CITIES, FIRST, LAST, SERVICES, Case, hexes, middle, stamp


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
        due = stamp(random, at * 90)[:10]
        cells = [f"INV-{base + at}", name, random.choice(CITIES), f"{amount:.2f}"]
        rows.append([*cells, f"{amount * 0.2:.2f}", state, due])
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
        f"<body><nav><ul>{links}</ul></nav><main>{body}<table><tr><th>Branch</th>"
        f"<th>Wait (min)</th><th>State</th></tr>\n{cells}</table></main>"
        f"<footer>{links}</footer></body></html>"
    )
    return Case("html", asked, text, query, needle)


TABLES: Sequence[Callable[[Random], Case]] = (table, table, pod_table, page)
