"""Words as they are matched: lower case, without endings; and what kind of answer is asked for."""

import re
from functools import lru_cache

_WORD = re.compile(
    # Chinese, Japanese and Korean go by character; elsewhere a word is a run of letters or digits.
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
)
_STOP = frozenset(
    "a an the of to in on at by for with from as is are was were be been being do does did has "
    "have had what which who whom whose when where why how many much that this these those it its "
    "and or than then there their they he she his her him i you we our your my me us into about "
    "over under between during after before if can could will would may might should also s t "
    "please tell give find explain describe name".split()
)
_ENDINGS = ("ations", "ation", "ings", "ing", "edly", "ies", "ied", "ers", "er", "ed", "es", "ly")
_SHORT_ENDINGS = ("s", "e", "y")
_LEAST_STEM, _LONGEST_STEM = 3, 7

_YEARS = re.compile(
    r"\b1\d{3}\b|\b20\d\d\b|\bcentur|\b\d{3,4}s\b|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|"
    r"\b\d{1,2}(?::\d\d| ?[ap]\.?m)|\b(?:January|February|March|April|May|June|July|August|"
    r"September|October|November|December)\b"
)
_AMOUNTS = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|dozen|hundred|"
    r"thousand|million|billion|twice|several|second|third)\b",
    re.IGNORECASE,
)
_NAMES = re.compile(r"(?<=[\w,;:(\"] )[A-Z]\w+")

_CUES = (
    (
        re.compile(
            r"\bwhen\b|\b(?:what|which) (?:\w+ )?(?:year|date|month|century|day|decade|time)"
        ),
        _YEARS,
    ),
    (
        re.compile(
            r"\bhow (?:many|much|long|old|far|tall|big|large|high|often)\b|"
            r"\bwhat (?:percent|number|amount|percentage|price|share|size)|\bpopulation\b"
        ),
        _AMOUNTS,
    ),
    (
        re.compile(
            r"\bwho(?:m|se)?\b|\bwhere\b|\bwhat (?:person|name)\b|"
            r"\b(?:what|which) (?:city|country|state|place|location|company|team|river)"
        ),
        _NAMES,
    ),
)
"""What a question asks for, and what a sentence that says it has."""


_REFERS = re.compile(
    r"\W*(?:(?:in|at|by|for|from|with|during|after|before|since|as|of|on|under|through|due|to|"
    r"despite|because|although|while|when|if|however|but|and|so|also|thus|therefore|then),? )*"
    r"(?:it|its|they|their|them|this|these|that|those|such|he|she|his|her|him|another|others?|"
    r"both|for (?:example|instance))\b",
    re.IGNORECASE,
)


def words(text: str) -> list[str]:
    """The text's words in lower case."""
    return _WORD.findall(text.lower())


@lru_cache(maxsize=32_768)
def stem(word: str) -> str:
    """An English word without its ending, roughly; words of other languages lose little by it.

    Long words go by how they begin, which joins spellings and derivations: naturalise and
    naturalization, manufacturer and manufacturing.
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word[: -len(ending)][:_LONGEST_STEM]
    if word.endswith(_SHORT_ENDINGS) and len(word) > _LEAST_STEM:
        return word[:-1][:_LONGEST_STEM]
    return word[:_LONGEST_STEM]


def terms(text: str) -> list[str]:
    """Stems of a text's words in order, without words that say nothing of its subject."""
    return [stem(word) for word in words(text) if word not in _STOP]


def cues(query: str) -> tuple[re.Pattern[str], ...]:
    """What a sentence has that gives the kind of answer a question asks for: a date, a name."""
    asked = query.lower()
    return tuple(sign for question, sign in _CUES if question.search(asked))


def refers_back(sentence: str) -> bool:
    """Whether it begins with a word for what was said before it: it, these, for example."""
    return _REFERS.match(sentence) is not None
