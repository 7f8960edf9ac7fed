"""Whether a text says by itself what it asks about."""

import re

from tokenomics_shared.memory.spans import prose

_FUNCTION = frozenset(
    """a an the and or but nor so then than as at by for from in into of off on onto out over per
    to up upon via with within without about against between among through during before after
    until till since while because if unless whether though although i me my mine myself we us our
    ours you your yours yourself he him his she her hers it its itself they them their theirs
    this that these those who whom whose which what when where why how is am are was were be been
    being do does did doing done have has had having can could may might must shall should will
    would not no nor don't doesn't didn't isn't aren't wasn't weren't haven't hasn't hadn't can't
    cannot couldn't won't wouldn't shouldn't there here just only very too also even still again
    ever never always really please thanks thank hi hello hey ok okay yes yeah yep nope sure
    well oh i'm i've i'd i'll you're you've you'd it's that's what's who's where's how's when's
    why's there's let's let got get gets getting go some any all each every both few many much
    more most other another such own same else one ones now""".split()
)
"""English words that name nothing."""

_THIN = frozenset(
    """example examples detail details explain elaborate clarify summarize summarise summary
    rephrase rewrite reword paraphrase shorter longer simpler shorten simplify expand continue
    show give tell list say make repeat retry translate sentence sentences word words paragraph
    paragraphs bullet bullets points table short brief briefly simple different difference better
    way try mean means meant answer question help know want need use think like
    first second third last next previous good right wrong true correct true? really
    fix correct improve check convert format describe further add remove change cancel stop
    start next back done great nice cool""".split()
)
"""Words about the conversation or of any request: alone they don't say what is asked."""

_WORD = re.compile(r"[^\W_](?:[\w.+#%/&-]*[\w+#%])?(?:['\u2019][^\W\d_]+)?")
_OPENING = re.compile(
    r"\s*(?:(?:and|but|or|so|then|ok(?:ay)?|also|yes|no|well)\b[\s,]*)*"
    r"(?:(?:what|how) about\b|why\b(?: not)?\W*\Z|(?:please )?(?:go on|keep going|"
    r"continue)\W*(?:please\W*)?\Z|"
    r"same (?:for|thing|with)\b|more(?: (?:details?|info|information|examples?|please))?\W*\Z|"
    r"another (?:one|example|way)\b|(?:what|anything) else\W*\Z|like what\b|such as\b)",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\bthe (?:above|aforementioned|former|latter|previous|preceding|below)\b|"
    r"\b(?:as|like|mentioned|described|shown|given|listed) (?:above|before|below|earlier)\b|"
    r"\b(?:above|previous|earlier|last|first|prior|your) "
    r"(?:answer|response|reply|message|code|text|output|list|example|point|step|sentence)s?\b|"
    r"\b(?:you|we|i) (?:just |already )?(?:said|mentioned|discussed|talked|wrote|suggested|"
    r"gave)\b|"
    r"\b(?:first|second|third|fourth|last|other|another|that|this|which|next) ones?\b"
    r"(?! (?:should|must|can|could|may|might|would|will|has|needs)\b)",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:it|its|itself|they|them|their|theirs|he|him|his|she|her|hers|"
    r"this|that|these|those)\b(?!-)(?:['\u2019]s\b)?",
    re.IGNORECASE,
)
_ASSISTANT = re.compile(
    r"\b(?:(?:what|who|where|how)(?:'s| all)?\b(?!.*\b(?:mean|think|say|said|suggest|recommend|"
    r"do that"
    r"|know that)\b).*\b(?:you|yourself|you're)\b|about yourself\b|are you\b)|"
    r"\bmy (?!(?:last|previous|answer|question|message|text|code|sentence|example|list|point|"
    r"word)s?\b)\w+",
    re.IGNORECASE,
)
"""Plain words that still say what is asked: what the assistant is, or something of mine."""

_NAMED = re.compile(
    r"\b(?:a|an|the|my|your|our|some|any|no|another|each|every|this|that|these|those|if|when)\s+"
    r"(?:[\w'-]+\s+){0,2}?(?P<noun>[\w'-]+)",
    re.IGNORECASE,
)
"""A noun phrase that a later pronoun can stand for."""

_PROPER = re.compile(r"(?<=[\w,] )[A-Z][\w-]+|\b[A-Z]{2,}\b")
_EXPLETIVE = re.compile(
    r"\bit(?:['\u2019]s)?\b(?! be \w+ed\b)[^.?!]*?\b(?:to|that|if|for|when|where|by|like|"
    r"possible|before|until)\b|"
    r"\bit (?:seems|appears|looks|turns out)\b|\bit(?:['\u2019]s)? (?:worth \w+ing|said|true)\b|"
    r"\b(?:is|was) it (?:worth \w+ing|true|just)\b",
    re.IGNORECASE,
)
"""An empty "it" is taken up later in its sentence: is it possible to, does it take long for."""

_DETERMINED = re.compile(
    r"\s+(?!(?:in|into|to|for|as|from|with|on|at|by|and|or)\b)(?:\S+\s+)?[^\W\d_]{3,}"
)
_CLAUSE = re.compile(
    r"\s+(?:i|you|we|he|she|they|the|an?|my|your|our|there|people|one)\b", re.IGNORECASE
)
_INVERTED = re.compile(
    r"(?:\A|[^\w])(?<!what )(?<!who )(?<!which )"
    r"(?:does|do|did|is|are|was|were|will|would|can|could|should|has|have)\s+\Z",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\s+(?:is|are|was|were|has|have|had|do|does|did|can|could|will|would|may|might|should|must|"
    r"not|never|\w+s|\w+ed)\b",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"\s+[\w'\u2019-]+\W*\Z")
_DEFINITE_END = re.compile(r"\bthe \w+(?: \w+)?\W*\Z", re.IGNORECASE)
_LOOSE = re.compile(
    r"\b(?:it|its|it's|itself|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|"
    r"those|one|ones|here|such|same|other|others|another|else|again|instead|also|too|either|"
    r"both|neither|former|latter|above|below|previous|earlier|next|last|rest|so|more)\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"\bthe (?:first|second|third|fourth|fifth|final|only)\b", re.IGNORECASE)
_STANDALONE_WORDS = 4
_NEEDED_BEFORE = 2


def content_words(text: str) -> list[str]:
    """The words of a text that name something, in lower case; literal pieces count as one."""
    words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(text)]
    return [word for word in words if word not in _FUNCTION]


def dangling(text: str) -> str | None:
    """Say what makes a text ask about something outside itself, or None when nothing does.

    English only: it knows pronouns with nothing before them that they could stand for ("How
    big is it?"), requests to go on ("continue", "why?", "what about …"), references to the
    conversation ("the second one", "as above") and texts with no word of their own ("Can you
    show an example?"). Text in other languages is taken as it is, unless it has no letters.
    """
    told = prose(text)
    literal = len(told.strip()) < len(text.strip())
    words = content_words(told)
    thin = not literal and all(word in _THIN for word in words)
    if thin and not _ASSISTANT.search(told.replace("\u2019", "'")):
        return "says too little"
    opening = _OPENING.match(told)
    if opening:
        return f"goes on from before: {' '.join(opening[0].split())}"
    if len(words) < _NEEDED_BEFORE and re.match(r"\s*(?:and|but|or)\b", told, re.IGNORECASE):
        return "goes on from before"
    pointing = _POINTING.search(told)
    if pointing and len(words) < _STANDALONE_WORDS:
        return f"points at the conversation: {pointing[0]}"
    return None if literal else _unbound(told.replace("\u2019", "'"))


def standalone(text: str) -> bool:
    """Whether an English text can be answered the same whatever was said before it.

    Strict: no pronoun, demonstrative, ordinal or comparison with something unsaid, no definite
    noun at its very end ("… of the drug"), and at least four words that name something. Used
    only where an application shares answers across conversations of its own accord.
    """
    told = prose(text)
    words = [word for word in content_words(told) if word not in _THIN]
    if len(words) < _STANDALONE_WORDS or dangling(text) is not None:
        return False
    if re.match(r"\s*(?:and|but|or|so|then|also|ok|yes|no)\b", told, re.IGNORECASE):
        return False
    loose = (_LOOSE, _ORDINAL, _DEFINITE_END, _POINTING)
    return told.isascii() and not any(pattern.search(told) for pattern in loose)


def _unbound(told: str) -> str | None:
    """A pronoun of the text that nothing before it explains."""
    empty = {match.start() for match in _EXPLETIVE.finditer(told)}
    for match in _PRONOUN.finditer(told):
        word = match[0].lower()
        if match.start() in empty or _explained(told, match, word):
            continue
        if not _named(told[: match.start()]):
            return f"refers to something unsaid: {word}"
    return None


def _named(before: str) -> bool:
    """Whether a text names something that a pronoun after it can stand for."""
    words = [word for word in content_words(before) if word not in _THIN]
    if len(words) >= _NEEDED_BEFORE or _PROPER.search(before):
        return True
    nouns = (content_words(match["noun"]) for match in _NAMED.finditer(before))
    return any(word not in _THIN for found in nouns for word in found)


def _explained(told: str, match: re.Match[str], word: str) -> bool:
    """Whether a demonstrative names its noun, or a "that" opens a clause."""
    if word not in {"this", "that", "these", "those"}:
        return False
    if _INVERTED.search(told[: match.start()]) and _LAST_WORD.match(told, match.end()):
        return False
    if word == "that" and _opens_clause(told, match):
        return True
    following = _DETERMINED.match(told, match.end())
    return following is not None and bool(content_words(following[0]))


def _opens_clause(told: str, match: re.Match[str]) -> bool:
    """Whether a "that" is followed by a clause of its own, or one about the noun before it."""
    if _CLAUSE.match(told, match.end()):
        return True
    before = _WORD.findall(told[: match.start()])[-1:]
    named = [word for word in content_words(" ".join(before)) if word not in _THIN]
    return bool(named) and _RELATIVE.match(told, match.end()) is not None
