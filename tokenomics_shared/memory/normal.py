"""One wording for texts that differ only in what carries nothing."""

import re
import unicodedata

from tokenomics_shared.memory.spans import laid_out, segments, tidy

_ENGLISH = frozenset(
    """the what how is are does my can could would should you your why where which of and with for
    when there i i'm i've i'd it's if have has don't can't isn't what's do did not please this that
    tell me we our to who it was""".split()
)
"""Words that mark a text as English; few other languages use any of them in lower case."""

_KEPT_CAPITALISED = frozenset(
    """polish turkey china may march august apple windows word excel access amazon target gap chase
    visa orange shell mercury mars cancer job nice reading bath mobile cork go rust swift slack
    zoom teams signal discover square stripe wise meta edge chrome safari will mark bill rose
    grant frank rob sue pat art drew hope faith joy oracle java ruby crystal dart julia stata
    flask spring rails echo nest ring kindle fire prime office outlook pages numbers notes
    photos music maps drive jersey georgia jordan chad guinea wales lima nick jack gene dean
    earl max miles ray stark catholic god lord bible bud cologne berry""".split()
)
"""Names that are other words in lower case: a capital is all that tells them apart."""

_OPENERS = frozenset("may will go mark access discover zoom hope grant bill frank".split())
"""Those of them that also open a sentence as verbs, where a capital says nothing."""

_KEPT_UPPER = frozenset(
    """who aids led pet cat sad mad arm rest soap act sat care nice basic fast dare art ice ram rim
    sim tip age ace ash cap car cub dad dos ear ems fan fat fit gap gas gem gut hat hip hop jam
    job lap law lab let map mat met mom nap net nod oat oil one pal pan par pat paw pen pie pig
    pop pot pro ray rip rob rod row rug sap saw set she sin sip sit ski spa spy tan tap tar tax
    tea tie tin toe ton top toy tub van vat via war was wax web wig win zip add all and any
    are but can for had has her him his how its may new nor not now off old our out own say see
    some the too two use way why yes you snap stem step scan moss mist mint mast lamp jade herd
    heat gold epic edge dose core coma chip cafe bird beam base apex ants ajax host gift spin
    spot stop post put get patch delete head options trace connect""".split()
)
"""Acronyms (and method names) that are other words in lower case."""

_PLAIN_SHORT = frozenset(
    """is it do if in my to at on we he so am an as be by go no of or up us me hi ok""".split()
)
"""Words of two letters, which a capital first letter doesn't change."""

_SAFE_SHORT = frozenset("uk eu id tv ok pc".split())
"""Acronyms of two letters that everyone also writes in lower case."""

_WORD = re.compile(r"(?<!\S)([(]*)([^\W\d_]+(?:['-][^\W\d_]+)*)([.,;:!?)…]*)(?!\S)")

_CONTRACTED = {
    "can't": "cannot",
    "won't": "will not",
    "shan't": "shall not",
    "ain't": "is not",
    "let's": "let us",
    "i'm": "i am",
}
_BARE = {
    f"{verb}nt": f"{verb} not"
    for verb in "do does did is was are were have has had could would should".split()
} | {
    word.replace("'", ""): full
    for word, full in {
        "i'm": "i am",
        "i've": "i have",
        "can't": "cannot",
        "won't": "will not",
        "what's": "what is",
        "where's": "where is",
        "how's": "how is",
        "that's": "that is",
    }.items()
}
"""Contractions written without their apostrophe, where that makes no other word."""

_SUFFIXES = {"n't": " not", "'re": " are", "'ve": " have", "'ll": " will"}
_IS = frozenset("what where who how when why that there it here he she".split())
_CONTRACTION = re.compile(rf"(?<![\w'-])(?:[a-z]+'[a-z]+|{'|'.join(_BARE)})(?![\w'-])")
_PARTICLE = re.compile(r"(?<![\w-])([a-z]{3,})-(up|in|out|off|on|down|over|back)(?![\w-])")
"""Verb and particle, which people join and part at will: top-up, log-in."""

_STARTER = (
    r"(?:i|we|my|our|how|what|what's|when|where|why|who|which|whose|can|could|would|will|should|"
    r"shall|may|do|does|did|don't|is|isn't|are|was|were|has|have|am|if|there|the|tell|explain|"
    r"help|give|show|describe|list|write|translate|summarize|summarise|please|pls|kindly|let|"
    r"just|so)(?![\w'-])"
)
_FOLLOWED = rf"(?=\s*{_STARTER})"
_LEADING = re.compile(
    "|".join(
        (
            r"(?:hi|hey|hello|hiya|howdy|greetings|good (?:morning|afternoon|evening|day))"
            rf"(?: there| all| everyone| team| guys)?(?:\s*[.!\n]+\s*(?=\S+ \S)|"
            rf"[\s,]+{_FOLLOWED})",
            rf"dear (?:sir(?: or madam)?|madam|team|support|all)[\s,.!]+{_FOLLOWED}",
            rf"(?:please|pls|plz|kindly)[\s,]+{_FOLLOWED}",
            r"(?:can|could|would|will) (?:you|u|someone|anyone|anybody|somebody)"
            r" (?:please |pls |kindly |possibly )?(?=(?:tell me|explain|help me|show me|give me|"
            r"describe|summari[sz]e|list) \S)",
            r"(?:please )?tell me (?=(?:what|how|why|when|where|who|which|whose|if|"
            r"whether) \S+ \S)",
            r"i(?: would|'d) (?:like|love) to know (?=(?:what|how|why|when|where|who|which|"
            r"if) \S)",
            r"i (?:want|need|wanted) to know (?=(?:what|how|why|when|where|who|which|if) \S)",
            r"i(?: was|'m| am) (?:just )?wondering (?=(?:what|how|why|when|where|who|which|"
            r"if) \S)",
            r"i have a (?:quick )?question[.:,!]+\s+(?=\S+ \S)",
        )
    ),
    re.IGNORECASE,
)
_TRAILING = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<=\S)[\s,.!?;-]+(?:many thanks|thanks|thank you|thx|ty|tia|cheers)"
        r"(?: (?:so|very) much| a lot| a bunch)?(?: in advance)?"
        r"(?: for (?:your|the|any) (?:help|time|assistance|support|advice))?[\s.!]*\Z",
        r"(?<=\S)[\s,.!?;-]+(?:please|pls|plz)[\s.!?]*\Z",
    )
]
_ABOUT_WORDS = re.compile(
    r"\b(?:say|says|said|saying|spell|spelled|spelling|translat\w*|words?|phrases?|pronounce\w*|"
    r"mean\w*|writ\w*|repl\w*|respond\w*|sign|typ\w+|called|sing\w*|song|lyrics|define|synonyms?|"
    r"express\w*|sends?|texts?|messages?|emails?)\b",
    re.IGNORECASE,
)
"""A text about words: a "thank you" at its end may be what it is about."""

_ENDING = re.compile(
    r"(?:(?<=[^\W_])[\s.?,;:…。\uff1f\uff01؟।]+|(?<=[^\W\d_]{2})[\s!?.]+|(?<=[+#%])\?|"
    r"(?<=[\"'`\]\u201d\u2019\xbb])[?.]+)\Z"
)
_PASSES = 6
LONGEST = 8_192
"""Characters of the longest text that is reduced. Of longer ones, which few people word twice,
only white space is: word by word they would take longer than a model's first token."""
_CLOSING = 120
"""Characters in which thanks at the end of a text are looked for."""
_CODE = 2
"""Letters of the shortest codes: countries, chemical elements, units."""


def normalise(text: str) -> str:
    """Reduce a text to the wording that all its trivial variants share.

    White space, trailing punctuation, contractions, greetings and politeness at the edges go.
    Code, quotations, formulas and addresses stay as they are, an indented text and one over
    `LONGEST` as a whole.
    Digits, symbols and letters of any script are never dropped, so texts that differ in one of
    them, or in a negation, stay apart.

    Case is folded in English prose only (a capital is grammar in German), and only where it
    says nothing: words written plainly or with a capital first letter, and longer acronyms.
    Kept are single letters but "I" (plan A, C, R), two-letter codes (CO and Co, US, IT), mixed
    case and whatever holds a digit or sign (mW, getName, 5MB), and words and acronyms that are
    another word in lower case (Polish, May, AIDS, WHO).

    Returns:
        A text that normalises to itself, empty only when the given one is.
    """
    if laid_out(text):
        return tidy(text) or text
    if len(text) > LONGEST:
        text = tidy(text)
        if len(text) > LONGEST:
            return text
    for _ in range(_PASSES):
        shorter = _pass(text)
        if shorter == text:
            break
        text = shorter
    return text


def _pass(text: str) -> str:
    pieces = segments(unicodedata.normalize("NFC", text))
    if not pieces:
        return text
    english = _is_english(text)
    parts = [piece if literal else _plain(piece, english) for piece, literal in pieces]
    if english:
        if not pieces[0][1]:
            parts[0] = _without_opening(parts[0].lstrip())
        if not pieces[-1][1] and not _ABOUT_WORDS.search(text):
            parts[-1] = _without_closing(parts[-1], alone=len(parts) == 1)
    whole = "".join(parts).strip()
    if not pieces[-1][1]:
        whole = _ENDING.sub("", whole)
    return whole or " ".join(text.split()) or " "


def _is_english(text: str) -> bool:
    return not _ENGLISH.isdisjoint(
        re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower().replace("\u2019", "'"))
    )


def _plain(piece: str, english: bool) -> str:  # noqa: FBT001 -- of this module alone
    piece = re.sub(r"\s+", " ", piece)
    if not english:
        return piece
    piece = piece.replace("\u2019", "'")
    folded = piece if piece == piece.lower() else _WORD.sub(_folded, piece)
    return _PARTICLE.sub(r"\1 \2", _CONTRACTION.sub(_expanded, folded))


def _folded(match: re.Match[str]) -> str:
    before, word, after = match.groups()
    if word == word.lower():
        return match[0]
    text = match.string[: match.start()].rstrip()
    opens = not text or text[-1] in ".!?"
    parts = [_fold(part, opens=opens) for part in re.split(r"([-'])", word)]
    return before + "".join(parts) + after


def _fold(word: str, *, opens: bool) -> str:
    low = word.lower()
    if word == low or len(low) != len(word):
        return word
    if len(word) == 1:
        says_nothing = word == "I" or (word == "A" and opens)
    elif word[1:].islower():
        says_nothing = _plain_capital(low, opens=opens)
    else:
        says_nothing = word.isupper() and _plain_acronym(low)
    return low if says_nothing else word


def _plain_capital(low: str, *, opens: bool) -> bool:
    if len(low) == _CODE:
        return low in _PLAIN_SHORT
    return low not in _KEPT_CAPITALISED or (opens and low in _OPENERS)


def _plain_acronym(low: str) -> bool:
    if len(low) == _CODE:
        return low in _SAFE_SHORT
    return low not in _KEPT_UPPER and low not in _KEPT_CAPITALISED


def _expanded(match: re.Match[str]) -> str:
    word = match[0]
    known = _CONTRACTED.get(word) or _BARE.get(word)
    if known:
        return known
    for suffix, full in _SUFFIXES.items():
        if word.endswith(suffix) and len(word) > len(suffix):
            return word[: -len(suffix)] + full
    stem, _, ending = word.partition("'")
    if ending == "s" and stem in _IS:
        return f"{stem} is"
    return match[0]


def _without_opening(text: str) -> str:
    while True:
        match = _LEADING.match(text)
        if match is None or not text[match.end() :].strip():
            return text
        text = text[match.end() :].lstrip()


def _without_closing(text: str, *, alone: bool) -> str:
    body, end = text[:-_CLOSING], text[-_CLOSING:]
    for pattern in _TRAILING:
        shorter = pattern.sub("", end)
        if not alone or len((body + shorter).split()) > 1:
            end = shorter
    return body + end
