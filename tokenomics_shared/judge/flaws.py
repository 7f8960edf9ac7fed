"""What breaks a text whatever it is about: giving up, going round in circles, breaking off."""

import re

_MAX = 50_000
_LOOP_LINES = 6
"""Times in a row that one line may come; so often it is a loop."""
_LOOP_ENDS = 4
"""Times that one passage may come in a row at the end."""
_SHORTEST, _LONGEST = 20, 400
"""Characters of a passage that is looked for at the end."""
_FEWEST_LETTERS = 4
_REFUSAL_LENGTH = 300
"""Characters beyond which an answer that begins with an apology goes on to answer."""
_BREAKS_OFF = 120
"""Characters from which an answer is prose that ends somewhere."""

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_ASKS_TO_REPEAT = re.compile(
    r"\b(?:repeat|again and again|over and over|\d+ times|lyrics)\b", re.IGNORECASE
)
_LETTERS = re.compile(r"[^\W\d_]")
_GIVES_UP = re.compile(
    r"\W*(?:(?:i['\u2019]?m|i am) (?:very |so |really )?(?:sorry|afraid)|sorry|i apologi[sz]e|"
    r"unfortunately|as an ai(?: language model| assistant)?)?[\s,.;:]*(?:but |however,? )?"
    r"(?:i (?:can(?:not|['\u2019]?t| not)|could(?: not|n['\u2019]t)|won['\u2019]t|will not|"
    r"do(?: not|n['\u2019]t) (?:have|know))|i['\u2019]?m (?:unable|not able)|"
    r"i am (?:unable|not able))\b",
    re.IGNORECASE,
)
_HANGING = re.compile(
    r"(?:[,(\[{]|\s(?:and|or|the|a|an|of|to|with|because|that|which|is|are|for|in|by|from|as))$",
    re.IGNORECASE,
)
_MAY_GIVE_UP = re.compile(
    r"\b(?:say|answer|respond|reply|write|state)\b[^.\n]{0,40}"
    r"(?:don['\u2019]?t know|do not know|not know|can['\u2019]?t|cannot|unknown|not found|"
    r"not sure|no answer|unanswerable)",
    re.IGNORECASE,
)


def gives_up(request: str, answer: str) -> str | None:
    """Whether all that an answer says is that it gives none, where that was not allowed for."""
    answer = answer.strip()
    if len(answer) > _REFUSAL_LENGTH or not _GIVES_UP.match(answer):
        return None
    return None if _MAY_GIVE_UP.search(request) else "gives up"


def loops(question: str, answer: str) -> str | None:
    """Whether an answer says the same over and over, unasked."""
    text = _CODE.sub("", answer[-_MAX:]).strip()
    looping = _same_line(text) or _same_end(text)
    return "repeats itself" if looping and not _ASKS_TO_REPEAT.search(question) else None


def _same_line(text: str) -> bool:
    run, last = 0, ""
    for line in filter(None, map(str.strip, text.split("\n"))):
        run = run + 1 if line == last else 1
        last = line
        if run >= _LOOP_LINES and len(_LETTERS.findall(line)) >= _FEWEST_LETTERS:
            return True
    return False


def _same_end(text: str) -> bool:
    """Whether the text ends in one passage again and again, the last time perhaps cut short."""
    # Where the passage's length is a period of the end, the end repeats it.
    for period in range(_SHORTEST, min(_LONGEST, len(text) // _LOOP_ENDS) + 1):
        if text[-1] != text[-1 - period]:
            continue
        end = text[-period * _LOOP_ENDS :]
        if end[period:] == end[:-period]:
            return len(_LETTERS.findall(end[:period])) >= _FEWEST_LETTERS
    return False


def breaks_off(answer: str) -> str | None:
    """Whether an answer ends in the middle: of a code block, or of a sentence."""
    if answer.count("```") % 2 and not answer.rstrip().endswith("```"):
        return "code block without an end"
    end = _CODE.sub(".", answer[-_MAX:]).rstrip()
    if len(end) >= _BREAKS_OFF and _HANGING.search(end[-20:]):
        return "breaks off"
    return None
