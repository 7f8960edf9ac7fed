"""What a question looks like, in eight numbers."""

from math import copysign, log1p

HEAD = 8000
"""Characters looked at. What a text is like shows early, and the time stays bounded."""

WIDTH = 8

SCALE = 0.35
"""Makes a feature count about as much as a direction of a projected unit vector."""

_FURTHEST = 3.0
"""Standard deviations at which a feature is cut."""

# Mean and standard deviation over 11,852 recorded questions of MMLU, GSM8K and RouterBench
# (ARC-C, MBPP, Winogrande), in the order of the features.
_MEANS = (4.2109, 5.9362, 0.0154, 1.996, 0.003, 4.7798, 0.6365, 0.2966)
_SDS = (0.9219, 0.9446, 0.0357, 0.9913, 0.0106, 0.7307, 0.481, 0.4567)

_DIGITS = b"0123456789"
_SYMBOLS = b"=+*/^<>$%\\"
_SPACES = b" \t\n\r"
_NEGATIONS = (" not ", " except", " false", " incorrect", "n't ")


def surface(text: str) -> tuple[float, ...]:
    """Describe a question by its surface.

    Log words, log characters, share of digits, log newlines, share of mathematical and code
    symbols, mean word length, whether it asks with a question mark, whether it negates: each in
    standard deviations of ordinary questions, cut at three and scaled.
    """
    head = text[:HEAD]
    raw = head.encode("utf-8", "replace")
    words, size = len(head.split()), max(1, len(raw))
    lowered = f" {head.lower()} "
    found = (
        log1p(words * len(text) / max(1, len(head))),
        log1p(len(text)),
        (len(raw) - len(raw.translate(None, _DIGITS))) / size,
        log1p(raw.count(b"\n")),
        (len(raw) - len(raw.translate(None, _SYMBOLS))) / size,
        len(raw.translate(None, _SPACES)) / max(1, words),
        float("?" in head),
        float(any(map(lowered.__contains__, _NEGATIONS))),
    )
    away = [(value - mean) / sd for value, mean, sd in zip(found, _MEANS, _SDS, strict=True)]
    return tuple(
        [SCALE * (x if -_FURTHEST < x < _FURTHEST else copysign(_FURTHEST, x)) for x in away]
    )
