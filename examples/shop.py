"""What a small shop wrote down, for the examples of retrieval."""

import json

QUESTION = "How long does the warranty of the Brightfold lamp last?"

PAGES = {
    "brightfold.md": (
        "The Brightfold lamp is made of ash wood and brass, and folds into a box of 30 cm. It was "
        "drawn by two sisters who build boats. Its shade is woven by hand in a workshop near the "
        "coast, which takes a day and a half. For the Brightfold lamp, the warranty lasts 27 "
        "months from the day of delivery. It doesn't cover shades that cats have climbed. Two "
        "sizes are sold, the larger of which needs a hook in the ceiling."
    ),
    "returns.md": (
        "A lamp may be returned within six weeks, in its box. The money comes back within seven "
        "days of its arrival. Bulbs can't be returned once they were lit. Whoever has lost the "
        "box may ask for another one, which costs 4 EUR. Parcels from abroad need a form, which "
        "is sent on request."
    ),
    "delivery.md": (
        "Orders leave the house within two working days. Parcels go by rail wherever there is a "
        "line, which may take a day longer than by road. A parcel that is lost is sent again "
        "after two weeks. Islands are supplied on Thursdays. Customs duty is for the receiver to "
        "pay."
    ),
    "about.md": (
        "The shop opened in 1998 in an old ropery by the harbour. Visitors are welcome on Fridays "
        "from ten to six. In summer tea is served in the yard. The cat is called Walnut and "
        "belongs to the neighbours. There is room for four bicycles."
    ),
    "stock.json": json.dumps(
        [
            {"id": 100 + row, "product": f"bulb {3 + row} W", "on_hand": 40 - row}
            for row in range(30)
        ]
    ),
}
