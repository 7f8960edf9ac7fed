"""What must survive shortening, as patterns that read a text once.

No pattern can try one stretch of text over and over: what repeats is possessive, is bounded, or
can't contain what opens it. Words are Latin ones, so that Chinese and Japanese around a number or
a name are not taken for part of it.
"""

import re

_W = r"[A-Za-z0-9_\u00c0-\u024f]"
_START = r"(?<![A-Za-z0-9_\u00c0-\u024f])"
_END = r"(?![A-Za-z0-9_\u00c0-\u024f])"
_GAP = "[ \u00a0\u202f]"

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_CURRENCY = (
    "USD|EUR|GBP|JPY|CNY|RMB|INR|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RUB|BRL|MXN|KRW|ZAR|TRY|"
    "SGD|HKD|BTC|ETH"
)
_UNITS = (
    f"{_MONTH}|{_CURRENCY}|"
    r"dollars?|euros?|pounds?|cents?|yen|yuan|rupees?|francs?|pesos?|"
    r"hundred|thousand|million|billion|trillion|dozen|percent|per cent|percentage points?|"
    r"bn|tn|mn|k|pp|bps?|basis points?|"
    r"[kcmµμnd]?m[²³23]?|km/h|m/s²?|mph|kph|miles?|mi|yards?|yd|feet|foot|ft|inch(?:es)?|in(?=\.)|"
    r"kilomet(?:re|er)s?|centimet(?:re|er)s?|millimet(?:re|er)s?|met(?:re|er)s?|nm|"
    r"square (?:kilomet(?:re|er)s?|met(?:re|er)s?|miles?|feet)|hectares?|ha|acres?|sq|"
    r"[kmµμ]?g|kilograms?|grams?|kilos?|lbs?|oz|ounces?|tonn?es?|tons?|t|"
    r"[mckµμd]?[lL]|lit(?:re|er)s?|gallons?|gal|barrels?|bbl|"
    r"[nmµμ]?s|sec(?:ond)?s?|min(?:ute)?s?|h|hrs?|hours?|days?|weeks?|months?|years?|yrs?|"
    r"decades?|centur(?:y|ies)|"
    r"[aApP]\.?[mM]\b\.?|BCE?|CE|AD|UTC|GMT|CES?T|ES?T|PS?T|o'clock|"
    r"[kKMGTP]?i?[bB](?:/s|ps)?|[kMGT]?bps|[kMG]?Hz|[kMGT]?Wh?|[mk]?[VA]|[kMm]?J|k?cal|"
    r"[kMh]?Pa|bar|psi|°[CF]?|degrees?|K|dB|ppm|ppb|rpm|px|pt|tokens?|people|times"
)
_SUFFIX = f"(?:{_GAP}?(?:{_UNITS}){_END}|{_GAP}?[%‰°€£¥₹₩₽¢])"
_CJK = "[年月日時时分秒元円圓圆万萬亿億千百個个人歳岁％]"

NUMBER = re.compile(
    rf"(?:{_START}(?:{_CURRENCY}){_GAP}?|{_START}(?:US|CA|AU|C|A|HK|R)?[$€£¥₹₩₽]{_GAP}?)?"
    # A sign counts as one only where nothing stands before it.
    rf"(?<![A-Za-z0-9_\u00c0-\u024f])(?:(?<![\w)\]])[+\-−±])?(?:[vV]|[Nn]o\.{_GAP}?|§{_GAP}?)?"
    rf"\.?\d(?:[.,:/'’–−+\-^×]?\d|-?[A-Za-z_]|[²³½¼¾])*+(?:{_SUFFIX}|{_CJK})*+"
    rf"(?:\.?{_GAP}\d{{4}}{_END})?"
    rf"|{_START}{_MONTH}\.?{_GAP}\d{{1,4}}(?:st|nd|rd|th)?{_END}(?:,?{_GAP}\d{{4}}{_END})?"
)

URL = re.compile(
    rf"{_START}(?:[A-Za-z][A-Za-z0-9+.\-]{{1,15}}://|www\.)[^\s<>\"`]*[^\s<>\"`.,;:!?)\]}}'’”…]"
)
EMAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}+@[\w\-]{1,63}(?:\.[\w\-]{1,63})+")
PATH = re.compile(
    rf"(?:{_START}[A-Za-z]:|(?<![\w/\\])[~.]{{0,2}})[/\\](?:[\w.@%+~\-]+[/\\])*+[\w@%+~\-]"
    rf"(?:[\w@%+~\-]|\.(?=\w))*+/?"
    rf"|{_START}{_W}(?:[\w@%+~\-]|\.(?=\w))*+(?:/(?:[\w@%+~\-]|\.(?=\w))++){{2,}}"
)

IDENTIFIER = re.compile(
    rf"{_START}[@#$]?(?:"
    r"(?=[A-Za-z\u00c0-\u024f]*+[\d_])"  # snake_case, ab12, _private
    r"|(?=[a-z]++[A-Z])|(?=[A-Z]++[a-z]++[A-Z])"  # camelCase, PascalCase
    r"|(?=[A-Z]{2})"  # CONSTANT
    r"|(?=[A-Za-z]++-\d)"  # ORD-12345
    r"|(?=[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-)"  # a UUID that starts with letters
    r"|(?=[A-Za-z]++(?:\.|::|->)[A-Za-z_])"  # dotted.name
    rf"){_W}++(?:(?:[-.:/#@&$]|::|->)?{_W}++)*+"
    rf"|{_START}[#@]{_W}++(?:[-.]{_W}++)*+"
)

CITATION = re.compile(
    r"\[[^\[\]\n]{1,60}\]|【[^【】\n]{1,60}】"
    r"|\([A-Z\u00c0-\u024f][^()\n]{0,80}\d{4}[a-z]?(?:[,:][^()\n]{0,20})?\)"
)
CALL = re.compile(
    rf"{_START}[A-Za-z_](?:{_W}|\.(?=\w)){{0,80}}+\((?:[^()\n]|\([^()\n]{{0,100}}\)){{0,300}}+\)"
)
INLINE_CODE = re.compile(r"``[^\n]{1,500}?``|`[^`\n]{1,500}`")
QUOTE = re.compile(
    r"(?<![\w\"])\"[^\"\n]{1,500}\"(?!\w)|“[^“”]{1,500}”|„[^„“”\n]{1,500}[“”]|«[^«»\n]{1,500}»"
    r"|「[^「」\n]{1,500}」|『[^『』\n]{1,500}』|(?<![\w'])'[^'\n]{1,200}'(?!\w)"
    r"|(?<!\w)‘[^‘’\n]{1,200}’(?!\w)"
)

PATTERNS = {
    "code": INLINE_CODE,
    "quote": QUOTE,
    "url": URL,
    "email": EMAIL,
    "citation": CITATION,
    "call": CALL,
    "path": PATH,
    "number": NUMBER,
    "identifier": IDENTIFIER,
}
"""By kind, the more telling first: where two fit at one place, the first is taken."""
