"""What may enter memory."""

import re

from tokenomics_shared.types import Prompt, Reply

_WHOLE = frozenset({"stop", "STOP", "end_turn", "stop_sequence", "eos", "completed", ""})
"""The providers' words for an answer that ended by itself; one that came whole may lack it."""

_OPENING = 240
"""Characters in which an answer that declines says so."""

_SHORT = 300
"""Characters of the longest text that can be nothing but an error message."""

_I_CANNOT = (
    r"\bi(?: just| really| simply)?(?: (?:can't|cannot|can not|won't|will not|could not|couldn't)|"
    r"(?:'m| am) (?:currently )?(?:unable|not able) to|(?:'m| am) not (?:comfortable|allowed))"
)
_DECLINED = re.compile(
    r"\A\W*(?:[^.?!\n]{0,40}?\b(?:sorry|apologi[sz]e|apologies|unfortunately|afraid|regret)\b"
    r"[^.?!\n]{0,60}?[.,;:!]?\s*)?(?:but |however,? )?(?:as an ai[^.?!\n]{0,60}?)?"
    rf"{_I_CANNOT} (?:help|assist|answer|comply|fulfil|do (?:that|this)|provide|engage|discuss|"
    r"support|continue|create|generate|write|offer|participate|accommodate)\b",
    re.IGNORECASE,
)
_APOLOGY = re.compile(
    r"\A\W*(?:i(?:'m| am) (?:very |so |truly )?sorry|i apologi[sz]e|my apologies|sorry)"
    r"(?: (?:for|about) (?:the|any|that|this)(?: \w+){0,2})?\W*\Z",
    re.IGNORECASE,
)
_MACHINE = re.compile(
    r"\bas an? (?:ai|artificial intelligence|large language model|language model|chatbot|"
    r"virtual assistant)\b(?:[^.?!\n]{0,40}),? i (?:do not|don't|can't|cannot|am not|am unable)",
    re.IGNORECASE,
)
_NO_ACCESS = re.compile(
    r"\bi (?:do not|don't|currently don't|do not currently)(?: currently)? have "
    r"(?:(?:any|direct|the ability|enough|sufficient|specific|personal)\s)?"
    r"(?:access to|to (?:access|browse|check|look)|(?:real-?time|up-?to-?date|current|live) "
    r"(?:\w+ )?(?:data|information|access|news))|"
    rf"{_I_CANNOT} (?:access|browse|retrieve|look up|check|open|view|see) (?:the |your |any |real|"
    r"live|current|external|that|this|to )|"
    r"\bmy (?:knowledge|training)(?: data)? (?:cut-?off|only (?:goes|extends)|ends|was last)|"
    r"\bas of my (?:last|latest|most recent|knowledge|training)|"
    r"\bi (?:do not|don't) have (?:any )?information (?:on|about) (?:events|anything) (?:after|"
    r"past)",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"\A\W*(?:(?:internal server|http|api|server|connection|timeout|network|unknown|unexpected) "
    r"error\b(?! (?:is|means|occurs|can|may|in|when)\b)|error(?: code)?\s*[:#(]\s*[45]\d\d\b|"
    r"error (?:code )?[45]\d\d\W*(?:\Z|[:(-])|"
    r"an? (?:\w+ )?error (?:has )?occurred\b|"
    r"rate limit (?:exceeded|reached)|too many requests\b|service (?:is )?(?:temporarily )?"
    r"unavailable|bad gateway|gateway time-?out|(?:the )?request timed out|"
    r"\{\s*\"error\"\s*:\s*[\"{]|something went wrong|please try again later)",
    re.IGNORECASE,
)


def objection(prompt: Prompt, reply: Reply) -> str | None:  # noqa: PLR0911 -- one for each
    """Say why this answer must not be kept, or None when it may.

    Only whole, plain answers are kept: never one that was cut short or refused, an empty one,
    an error's text, or one that calls tools (its call ids would return in another
    conversation), and never one of several samples.
    """
    if reply.tool_calls:
        return "calls tools"
    if reply.faults:
        return reply.faults[0]
    if reply.finish_reason not in _WHOLE:
        return f"finish reason {reply.finish_reason}"
    if not reply.text.strip():
        return "empty"
    if prompt.params.get("n", 1) != 1:
        return "several samples"
    if len(reply.text) <= _SHORT and _ERROR.match(reply.text):
        return "an error's text"
    return None


def objection_to_matching(prompt: Prompt, reply: Reply) -> str | None:
    """Say why this answer must not be given to other wordings, or None when it may.

    Beyond `objection`, an answer that declines in words, or excuses itself for what the model
    can't reach or know, is kept for the very same request alone: another wording may well be
    answered, so passing it on would spread a refusal. Recognised by how such answers open, in
    English; an answer that only quotes or explains a refusal further on passes.
    """
    reason = objection(prompt, reply)
    if reason is not None:
        return reason
    opening = reply.text[:_OPENING].replace("\u2019", "'")
    if any(p.search(opening) for p in (_DECLINED, _APOLOGY, _MACHINE)):
        return "declines in words"
    return "excuses itself for lack of access" if _NO_ACCESS.search(opening) else None
