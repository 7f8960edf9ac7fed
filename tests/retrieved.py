"""What a search in a small shop's documents brings, and a question to it."""

import json
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

QUERY = "How long does the warranty of the Brightfold lamp last?"
ANSWER = "the warranty lasts 27 months"

PARAGRAPHS = [
    "The Brightfold lamp is made of ash wood and brass. It folds into a box of 30 cm. For the "
    "Brightfold lamp the warranty lasts 27 months from the day of delivery. Two sizes are sold. "
    "The shade is woven by hand in a workshop near the coast.",
    "Orders are sent within two working days. Parcels go by rail wherever there is one. A parcel "
    "that is lost is sent again. Whoever lives abroad pays the customs duty.",
    "Our shop opened in 1998 in an old ropery. Visitors are welcome on Fridays. Tea is served in "
    "the yard when the weather is fine. The cat is called Walnut.",
    "Lamps are returned in their box. The money comes back within a week. Bulbs can't be returned "
    "once they were lit. A broken shade is replaced for the price of its wool.",
]

ROWS = json.dumps(
    [
        {"id": 100 + row, "product": f"bulb {row}", "watts": 3 + row % 5, "in_stock": row % 7 != 0}
        for row in range(40)
    ]
)

LOG = "\n".join(
    f"2026-05-04 10:{minute:02d}:00 INFO order {4000 + minute} was packed"
    if minute != 17
    else "2026-05-04 10:17:00 ERROR order 4017 has no label"
    for minute in range(40)
)

WIDTH = 64


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of texts: a place for each word, by its letters."""
    rows = np.zeros((len(texts), WIDTH), np.float32)
    for row, text in enumerate(texts):
        for word in re.findall(r"\w+", text.lower()):
            rows[row, sum(map(ord, word)) % WIDTH] += 1
        rows[row, 0] += 0.01
    lengths: NDArray[np.float32] = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = rows / lengths
    return unit
