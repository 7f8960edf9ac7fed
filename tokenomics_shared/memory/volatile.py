"""Questions whose right answer changes with the clock, the asker or a throw of dice."""

import re
from functools import lru_cache

from tokenomics_shared.memory.spans import prose

_SENTENCE = re.compile(r"[^.?!\n]+[.?!]*")
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|my|me|mine|we|our|us)\b")
_REQUEST = re.compile(r"\b(?:tell|give|show) me\b")
_ASKS_VALUE = re.compile(
    r"(?:\A|[,;:]\s*)(?:(?:please|hi|hey|hello|so|and|ok|well),? )*"
    r"(?:(?:can|could|would|will) you (?:please )?)?"
    r"(?:what|who|which|where|when|how (?:much|many|old|long|far|busy|hot|cold|warm|high|low|"
    r"is|are)|"
    r"is|are|will|does|has|have|tell me|give me|show me|list|find)\b"
)

_ALWAYS = re.compile(
    r"\b(?:latest|breaking news|(?:any|the|top|what(?:'s| is)) news|news (?:today|tonight)|"
    r"recent (?:news|events?|developments?|updates?)|"
    r"today's(?! (?:world|society|generation|technology|young|youth|kids|children|age|era|life|"
    r"times|economy|women|men|teens|teenagers|people))|tonight's|tomorrow's|yesterday's|"
    r"this week's|"
    r"what(?:'s| is) the (?:time|date|day)(?=\W*\Z| (?:now|today|in|there|right|please)\b)|"
    r"what (?:time|day|date|month|year) is (?:it|today)|current (?:time|date|affairs)|"
    r"(?:what|how)(?:'s| is| was| will)(?: be)? the (?:weather|temperature outside|traffic)|"
    r"weather (?:forecast|like|report|in|for|today|tomorrow|this|right|now)|"
    r"(?:will|is) it (?:going to )?(?:rain|snow)(?:ing)?|"
    r"who(?:'s| is| are) (?:winning|leading|playing|ahead)|(?:live|final) scores?|"
    r"(?:what(?:'s| is| are)|how much(?:'s| is)|current) (?:\w+ ){0,4}?(?:"
    r"(?:stock|share|gold|silver|oil|gas|bitcoin|btc|ethereum|eth|crypto(?:currency)?) prices?|"
    r"prices? of (?:a |an )?(?:stock|share|gold|silver|oil|gas|bitcoin|btc|ethereum|eth)s?)|"
    r"(?:bitcoin|btc|ethereum|eth|gold) (?:worth|trading|rate)|"
    r"exchange rate (?:between|from|of) \w+ (?:and|to|in|into|against)|"
    r"open (?:now|right now)|"
    r"how many (?:days|weeks|months|hours) (?:are )?(?:left )?(?:until|till|to|before)"
    r"(?! (?:i|my|we|you)\b))\b"
)
_CLIMATE = re.compile(
    r"\b(?:summer|winter|spring|autumn|fall|season|usually|typical(?:ly)?|average|january|"
    r"february|"
    r"march|april|june|july|august|september|october|november|december)\b"
)
"""The weather of a season stays as it is."""

_ELECTRIC = re.compile(
    r"\b(?:electric(?:al)?|alternating|direct|ocean|eddy|rip|ac|dc|resistors?|ohms?|volts?|"
    r"voltage|"
    r"amps?|amperes?|circuits?|wires?|current (?:account|flow|flows|density|source))\b"
)
_WHEN = re.compile(
    r"\b(?:today|tonight|most recent|right now|now\W*\Z|at the moment|at present|as of (?:now|"
    r"today)|currently|"
    r"current|this (?:week|weekend|month|year|morning|afternoon|evening|season|quarter|summer|"
    r"winter|spring|autumn|fall))\b"
)
_AHEAD = re.compile(
    r"\b(?:tomorrow|tonight|this (?:weekend|evening)|(?:next|this|coming) (?:week|month|monday|"
    r"tuesday|"
    r"wednesday|thursday|friday|saturday|sunday)|(?:next|upcoming) (?:train|bus|flight|"
    r"game(?! of)|match|"
    r"election|holiday|eclipse|episode|season|meeting|concert|release))\b"
)
_SOON = re.compile(r"\b(?:tomorrow|tonight|this (?:weekend|evening))\b")
_BEHIND = re.compile(
    r"\b(?:yesterday|last (?:night|week|weekend|month|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday|game|match|election|episode)|this morning|(?:hours?|minutes?) ago)\b"
)

_DATA = (
    r"(?:balances?|orders?|appointments?|meetings?|schedule|calendar|agenda|name|birthday|age|"
    r"(?:home |email |shipping |billing |delivery )?address|(?:account|phone|policy|tracking|"
    r"member"
    r"ship|reference) (?:number|id)|emails?|inbox|messages?|bills?|invoices?|pay ?che(?:ck|que)s?|"
    r"salary|pay ?slips?|packages?|parcels?|shipments?|deliver(?:y|ies)|bookings?|reservations?|"
    r"flights?|itinerary|tickets?|(?:credit |test |exam |game )?(?:scores?|results?|grades?)|"
    r"prescriptions?|playlists?|to-?do(?: list)?|(?:shopping|grocery|task|wish) ?lists?|tasks?|"
    r"reminders?|alarms?|notes?|files?|documents?|contacts?|photos?|spendings?|expenses?|income|"
    r"earnings|savings|debts?|portfolio|usage|quota|points|miles|vacation days|pto|leave|"
    r"subscription|membership|next (?!steps?\b)\w+|last \w+|latest \w+|recent \w+|upcoming \w+)"
)
_MY = rf"my (?:[\w'-]+ ){{0,2}}?{_DATA}"
_PERSONAL = re.compile(
    rf"\bwhat(?:'s| is| are| was| were) (?:the (?:[\w'-]+ ){{1,2}}?(?:of|on|for|in|at) )?{_MY}\b"
    rf"(?! (?:for|good|made|used|mean|like|if|when|so|not|still|wrong|showing|going)\b)|"
    rf"\bwhere(?:'s| is| are) {_MY}\b|\bwhen(?:'s| is| are| was| were| does| do| did|"
    rf" will) (?!my (?:\w+ )?balance){_MY}\b|"
    rf"(?:\A|[.?!,:]\s*|\b(?:please|can you|could you|would you|will you|to) )"
    rf"(?:show|tell|give|read|list|display|find|track|summari[sz]e|pull up|look up|look at|open)"
    rf"(?: me)?(?: all)?(?: of)? {_MY}\b|"
    rf"(?:\A|[.?!,:]\s*|\b(?:please|can you|could you) )check (?:on )?{_MY}\b|"
    r"\bhow much (?:money )?(?:do i (?:have(?! to)|owe|make|earn)|did i (?:spend|earn|make|pay)|"
    r"have i (?:spent|saved|earned|paid)|is (?:left )?in my|i have (?:left )?in my)\b|"
    r"\bhow many (?:[\w'-]+ ){1,3}(?:do i have (?:left|today|tomorrow|this|scheduled|remaining)|"
    r"have i (?:used|taken|spent|got left)|did i (?:take|use|make|spend))|"
    r"\b(?:do i have|are there) (?:any|a|an) (?:[\w'-]+ )?(?:meetings?|appointments?|events?|"
    r"reminders?|messages?|emails?|tasks?|alarms?|bills?)\b|"
    r"\bwhat did i (?:say|spend|order|buy|ask|eat|write|name|call)\b|"
    r"\b(?:what|anything)(?:'s| is)? (?:new )?(?:in|on) my (?:inbox|calendar|schedule|agenda|"
    r"(?:\w+ )?list)\b|\bwho am i\b(?! talking| speaking| allowed| able)|\bwhat(?:'s|"
    r" is) my (?:\w+ )?name\b|"
    r"\b(?:remind|wake) me\b|\bam i (?:overdrawn|enrolled|scheduled|registered|booked)\b|"
    r"\bset (?:a|an|my|the) (?:\w+ )?(?:alarm|timer|reminder)\b"
)
_CHANCE = re.compile(
    r"\brandom(?:ly)? (?:number|word|name|fact|joke|person|quote|colou?r|password|letter|card|"
    r"string|choose|pick|select|generate)|\b(?:flip|toss) a coin\b|\broll (?:a |the |some )?"
    r"(?:\w+ )?(?:dice|die)\b|\bsurprise me\b|\b(?:another|a new|a different) (?:joke|story|poem|"
    r"fact|riddle|idea|name|quote)\b|\b(?:tell|give) me (?:a|some) (?:good |funny )?jokes?\b"
)

_HOW = re.compile(r"\b(?:how|why|what(?:'s| is| are)|code|program|script|function)\b")


@lru_cache(maxsize=512)
def time_bound(text: str) -> str | None:
    """The words that make the right answer change within hours or weeks, or None.

    Known in English: what asks for news, weather, scores, prices or the time, and questions
    for a value at a named moment ("who leads right now"). A moment that is only told ("my
    payment of yesterday was declined, why?") changes nothing.
    """
    told = prose(text).lower().replace("\u2019", "'")
    always = _ALWAYS.search(told)
    if always and not ("weather" in always[0] and _CLIMATE.search(told)):
        return always[0]
    for sentence in _SENTENCE.findall(told):
        moment = _moment(sentence.strip())
        if moment:
            return moment
    return None


def _moment(sentence: str) -> str | None:
    if not _ASKS_VALUE.search(sentence):
        return None
    found = _AHEAD.search(sentence) or _BEHIND.search(sentence) or _now(sentence)
    # What is soon is ahead, so that without a moment it doesn't matter who asks.
    if found and _FIRST_PERSON.search(_REQUEST.sub("", sentence)):
        found = _SOON.search(sentence)
    return found[0] if found else None


def _now(sentence: str) -> re.Match[str] | None:
    found = _WHEN.search(sentence)
    if found is None or re.search(r"\b(?:are|will) you\b|\byour age\b", sentence):
        return None
    return None if found[0] == "current" and _ELECTRIC.search(sentence) else found


def personal(text: str) -> str | None:
    """The words that ask for something only this asker's records hold, or None.

    "What is my balance?" does, and what acts for one person ("remind me"); "How do I check my
    balance?" and "My card hasn't arrived" are answered alike for everyone.
    """
    found = _PERSONAL.search(prose(text).lower().replace("\u2019", "'"))
    return " ".join(found[0].split()) if found else None


def left_to_chance(text: str) -> str | None:
    """The words that ask for a different answer each time, or None."""
    told = prose(text).lower()
    found = _CHANCE.search(told)
    return found[0] if found and not _HOW.search(told) else None
