"""What the guard knows about English: word classes, numbers, units, dates, languages, formats.

General knowledge written as word lists; nothing here was learnt from data. Words are lower case,
in British or American spelling; `_` joins what is written as several words.
"""

from itertools import product


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _named(text: str) -> dict[str, str]:
    """Read `name: spelling spelling; name: ...` into spelling -> name."""
    named: dict[str, str] = {}
    for entry in text.split(";"):
        name, _, spellings = entry.partition(":")
        named.update(dict.fromkeys([name.strip(), *spellings.split()], name.strip()))
    return named


PRONOUNS = _words(
    "i me my mine myself you your yours yourself he him his she her hers it its we us our ours "
    "they them their theirs one's oneself someone somebody anyone anybody who whom whose"
)
AUXILIARIES = _words(
    "am is are was were be been being do does did done doing have has had having can could will "
    "would shall should may might must ought get gets got getting gotten let lets need needs ain't"
)
QUESTION_WORDS = _words("what which who whom whose when where why how whether if")
DETERMINERS = _words("a an the this that these those there here any each own such so as")
POLITE = _words(
    "please pls plz thanks thank hi hello hey dear kindly sorry okay ok yes well just actually "
    "really basically simply quickly exactly currently ever even still already yet now then right "
    "help assist advise tell show give explain describe know want wish like wonder wondering "
    "wanna gonna gotta looking look trying try tried possible possibly able way ways thing things "
    "stuff something anything going go goes went come possibility question questions let's "
    "curious interested understand idea ideas say says said "
    "think make makes sure kind sort type lot lots bit quite very too much many more also "
    "other another question actual certain various different some happen happens "
    "suppose supposed proper properly method methods procedure process step steps "
    "use used using detail details information info regarding about instruction instructions "
    "guide walk through provide display only alternate exclusively too also both else whether"
)
"""Words that change with the wording and not with the question: greetings, requests, fillers."""

PREPOSITIONS = _words(
    "of to in on for at by with from into onto upon within inside during per than over under "
    "before after without against between among via through versus vs instead towards toward "
    "above below until till since across around near off out up down behind beyond unto per_each "
    "rather_than because despite"
)
CONJUNCTIONS = _words("and or nor but & plus minus")
FUNCTION = PRONOUNS | AUXILIARIES | QUESTION_WORDS | DETERMINERS | PREPOSITIONS | CONJUNCTIONS
NEGATIONS = _words(
    "not n't no never without none nobody nothing neither nor cannot no_longer except excluding "
    "non nowhere lacking"
)
SUBJECTS = {"i": "i", "we": "i", "you": "you", "he": "he", "she": "she", "they": "they"}
POSSESSIVES = {
    "my": "my",
    "our": "my",
    "your": "your",
    "his": "his",
    "her": "her",
    "their": "their",
    "mine": "my",
    "yours": "your",
}

CONTRACTIONS = {
    "can't": "can not",
    "cannot": "can not",
    "cant": "can not",  # codespell:ignore cant
    "won't": "will not",
    "wont": "will not",  # codespell:ignore wont
    "shan't": "shall not",
    "ain't": "is not",
    "let's": "let us",
    "whats": "what is",  # codespell:ignore whats
    "wheres": "where is",
    "hows": "how is",
    "im": "i am",
    "ive": "i have",
} | {
    f"{verb}nt": f"{verb} not"
    for verb in ("do does did is are was were has have had should would could must need".split())
}

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBER_WORDS = (
    {word: value for value, word in enumerate(_ONES)}
    | {word: 10 * value for value, word in enumerate(_TENS, 2)}
    | {
        f"{ten}-{one}": 10 * value + digit
        for (value, ten), (digit, one) in product(
            enumerate(_TENS, 2), list(enumerate(_ONES))[1:10]
        )
    }
    | {"dozen": 12}
)
MAGNITUDES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
    "k": 1_000,
    "bn": 1_000_000_000,
}
ROMANS = (
    {
        word: value
        for value, word in enumerate(
            "II III IV VI VII VIII IX XI XII XIII XIV XV XVI XVII XVIII XIX XX".split(), 2
        )
    }
    | {"VI": 6, "VII": 7, "VIII": 8, "IX": 9, "XI": 11, "XII": 12, "XIII": 13, "XIV": 14}
    | {
        "XV": 15,
        "XVI": 16,
        "XVII": 17,
        "XVIII": 18,
        "XIX": 19,
        "XX": 20,
    }
)
OPERATORS = {
    "+": "+", "plus": "+", "-": "-", "\u2212": "-", "minus": "-", "*": "*", "\u00d7": "*",
    "times": "*", "multiplied_by": "*", "/": "/", "÷": "/", "divided_by": "/", "over": "/",
    "^": "^", "**": "^", "to_the_power_of": "^", "squared": "^2", "cubed": "^3", "mod": "%",
    "modulo": "%",
}  # fmt: skip
SYMBOLS = {"$": "dollar", "€": "euro", "£": "sterling", "¥": "yen", "₹": "rupee", "%": "percent"}

_DIMENSIONS = {
    "length": "kilometer: km kms kilometre kilometers kilometres; meter: metre meters metres; "
    "centimeter: cm cms centimetre centimeters centimetres; "
    "millimeter: mm millimetre millimeters millimetres; micrometer: micron microns micrometre; "
    "nanometer: nm nanometre nanometers; mile: miles mi; yard: yards yd yds; foot: feet ft; "
    "inch: inches; light_year: light_years; light_second: light_seconds; "
    "astronomical_unit: astronomical_units au; parsec: parsecs; nautical_mile: nautical_miles; "
    "furlong: furlongs; fathom: fathoms; league: leagues",
    "mass": "kilogram: kg kgs kilo kilos kilograms kilogramme kilogrammes; gram: grams gramme "
    "grammes; milligram: mg milligrams; microgram: mcg micrograms; pound: lb lbs pounds; "
    "ounce: oz ounces; ton: tons; tonne: tonnes metric_ton metric_tons; stone: stones; "
    "carat: carats; grain: grains",
    "volume": "liter: litre liters litres; milliliter: ml millilitre milliliters millilitres; "
    "gallon: gallons gal; quart: quarts qt; pint: pints; cup: cups; tablespoon: tbsp tablespoons; "
    "teaspoon: tsp teaspoons; fluid_ounce: fluid_ounces; barrel: barrels; bushel: bushels; "
    "cubic_meter: cubic_meters cubic_metres; cubic_foot: cubic_feet; deciliter: deciliters dl",
    "temperature": "celsius: centigrade; fahrenheit: ; kelvin: kelvins; rankine: ",
    "time": "nanosecond: nanoseconds; microsecond: microseconds; "
    "millisecond: ms milliseconds; second: seconds sec secs; minute: minutes min_ mins; "
    "hour: hours hr hrs; day: days; week: weeks wk; fortnight: fortnights; month: months; "
    "quarter: quarters; year: years yr yrs; decade: decades; century: centuries; "
    "millennium: millennia",
    "data": "bit: bits; byte: bytes; kilobyte: kb kilobytes; megabyte: mb megabytes; "
    "gigabyte: gb gigabytes; terabyte: tb terabytes; petabyte: pb petabytes; "
    "kibibyte: kib kibibytes; mebibyte: mib mebibytes; gibibyte: gib gibibytes; "
    "megabit: megabits mbps; gigabit: gigabits gbps",
    "currency": "dollar: dollars usd buck bucks us_dollar us_dollars; euro: euros eur; "
    "sterling: gbp pounds_sterling pound_sterling british_pound british_pounds quid; yen: jpy; "
    "yuan: rmb renminbi cny; rupee: rupees inr rs; peso: pesos mxn; franc: francs chf; won: krw; "
    "ruble: rubles rouble roubles rub; krona: sek kronor; krone: nok dkk kroner; real: brl reais; "
    "rand: ; lira: try_; dirham: dirhams aed; riyal: riyals sar; ringgit: myr; baht: thb; "
    "zloty: pln; shekel: shekels ils; bitcoin: btc bitcoins; ether: eth ethereum; cent: cents; "
    "canadian_dollar: cad canadian_dollars; australian_dollar: aud australian_dollars; "
    "litecoin: ltc; dogecoin: doge; naira: ngn; forint: huf; dinar: dinars",
    "speed": "kilometer_per_hour: kph kmh km/h kmph; mile_per_hour: mph; knot: knots kn; "
    "meter_per_second: m/s; mach: ",
    "area": "acre: acres; hectare: hectares ha; square_meter: square_meters square_metres sqm; "
    "square_foot: square_feet sqft; square_mile: square_miles; square_kilometer: "
    "square_kilometers square_kilometres; square_yard: square_yards; square_inch: square_inches",
    "energy": "joule: joules; kilojoule: kj kilojoules; calorie: calories cal; kilocalorie: kcal "
    "kilocalories; kilowatt_hour: kwh kilowatt_hours; electronvolt: ev electronvolts; btu: btus",
    "power": "watt: watts; kilowatt: kw kilowatts; megawatt: mw megawatts; horsepower: hp bhp",
    "pressure": "pascal: pascals pa; kilopascal: kpa; psi: ; bar: bars; atmosphere: "
    "atmospheres atm_; torr: ; mmhg: ; millibar: millibars mbar",
    "angle": "degree: degrees; radian: radians",
    "electric": "volt: volts; ampere: amp amps amperes; ohm: ohms; milliampere: milliamps ma; "
    "coulomb: coulombs; farad: farads; hertz: hz; kilohertz: khz; megahertz: mhz; gigahertz: ghz",
    "print": "pixel: pixels px; point: points; em: ems; rem: rems",
    "share": "percent: percentage pct per_cent; permille: ; basis_point: basis_points bps",
}
UNITS = {
    spelling: name for text in _DIMENSIONS.values() for spelling, name in _named(text).items()
}
DIMENSIONS = {name: kind for kind, text in _DIMENSIONS.items() for name in _named(text).values()}

MONTHS = {
    spelling: month
    for month in (
        "january february march april may june july august september october november december"
    ).split()
    for spelling in (month, month[:3])
} | {"sept": "september"}
WEEKDAYS = _named(
    "monday: mon mondays; tuesday: tue tues tuesdays; wednesday: wed wednesdays; thursday: thu "
    "thurs thursdays; friday: fri fridays; saturday: sat saturdays; sunday: sun sundays"
)
AMBIGUOUS_DATES = _words("may march mar mon sat sun wed jan dec jun apr nov fri thu tue august")
"""Months and weekdays that are also words or names: they count beside a number or preposition."""
MOMENTS = _named(
    "today: ; tonight: ; tomorrow: ; yesterday: ; weekend: weekends; weekday: weekdays workday "
    "workdays; morning: mornings; afternoon: afternoons; evening: evenings; midnight: ; noon: "
    "midday; night: nights; spring: ; summer: summers; autumn: ; winter: winters; "
    "christmas: xmas; easter: ; thanksgiving: ; halloween: ; ramadan: ; new_year: ; eid: ; "
    "diwali: ; "
    "hanukkah: ; valentine: valentines; labor_day: labour_day; memorial_day: ; boxing_day: ; "
    "independence_day: ; good_friday: ; passover: ; "
    " annually: yearly annual; "
    "monthly: ; weekly: ; daily: ; hourly: ; quarterly: ; biweekly: fortnightly"
)

PROGRAMMING = _named(
    "python: python3 py; java: ; javascript: js ecmascript; typescript: ts; c: ; c++: cpp; "
    "c#: csharp; f#: fsharp; go: golang; rust: ; ruby: ; php: ; perl: ; scala: ; kotlin: ; "
    "swift: ; objective-c: ; haskell: ; clojure: ; r: ; matlab: ; julia: ; bash: ; powershell: ; "
    "sql: ; lua: ; dart: ; elixir: ; erlang: ; fortran: ; cobol: ; html: html5; css: ; lisp: ; "
    "prolog: ; scheme: ; ocaml: ; assembly: assembler; vba: ; zig: ; nim: ; groovy: ; pascal: ; "
    "delphi: ; ada: ; solidity: ; racket: ; visual_basic: vb; basic: ; crystal: ; d: ; elm: "
)
AMBIGUOUS_PROGRAMMING = _words(
    "c go rust ruby swift r julia basic scheme crystal dart pascal ada assembly d elm racket zig "
    "nim groovy ts py elixir delphi"
)
"""Names that are also words: they count when capitalised or after `in`, `using`, `to`, ..."""
HUMAN = _words(
    "english french german spanish portuguese italian romanian czech polish danish swedish "
    "norwegian finnish icelandic japanese korean chinese mandarin cantonese hindi arabic russian "
    "turkish dutch greek hebrew latin urdu bengali tamil telugu vietnamese thai hungarian "
    "ukrainian bulgarian serbian croatian slovak slovenian lithuanian latvian estonian persian "
    "farsi swahili malay indonesian tagalog filipino punjabi gujarati marathi catalan basque "
    "galician irish welsh gaelic afrikaans albanian armenian georgian mongolian nepali esperanto "
    "sanskrit yiddish zulu somali burmese khmer lao pashto kurdish sinhala maltese"
)

FORMAT_NOUNS = _named(
    "json: ; yaml: yml; xml: ; csv: tsv; table: tables; poem: poems verse verses rhyme; "
    "haiku: haikus; sonnet: sonnets; "
    "limerick: limericks; song: lyrics rap; essay: essays; bullets: bullet bullet_points "
    "bullet_list bulleted_list bullet_point bulleted; list: lists numbered_list; markdown: ; "
    "html: ; latex: ; paragraph: paragraphs; sentence: sentences; word: words; line: lines; "
    "page: pages; character: characters; tweet: tweets; email: e-mail mail; letter: ; "
    "speech: ; story: stories; dialogue: conversation; script: ; "
    "diagram: diagrams flowchart chart graph; code: snippet pseudocode; "
    "blog_post: blog article; report: ; slides: slide presentation powerpoint; faq: ; headline: "
    "headlines title; joke: jokes; metaphor: metaphors analogy analogies; outline: ; prose: ; "
    "summary: ; checklist: ; memo: ; press_release: ; text_message: sms"
)
MANNERS = _named(
    "briefly: brief concise concisely short shortly succinctly succinct; detailed: detail depth "
    "thoroughly thorough comprehensive lengthy long elaborate; simple: simply plain "
    "layman layman's laymans non-technical nontechnical; formal: formally professional "
    "professionally; casual: casually informal informally friendly; humorous: funny funnily "
    "humorously; technical: technically; sarcastic: sarcastically; persuasive: persuasively; "
    "polite: politely; academic: scholarly scientific; serious: seriously; poetic: poetically"
)
AUDIENCES = _named(
    "beginner: beginners novice novices newbie newbies dummies starters layperson laypeople "
    "layman amateur amateurs; expert: experts professional professionals specialist specialists "
    "advanced; child: children kid kids toddler toddlers 5-year-old five-year-old year-old "
    "preschooler kindergartner; teenager: teenagers teen teens adolescents; adult: adults; "
    "student: students undergraduate undergraduates; phd: doctorate phds postgraduate; "
    "senior: seniors elderly grandparent grandma; developer: developers engineer engineers "
    "programmer programmers; manager: managers executive executives ceo; scientist: scientists; "
    "doctor: doctors physicians; lawyer: lawyers; investor: investors; teacher: teachers "
    "educators; parent: parents; designer: designers; patient: patients; marketer: marketers"
)
