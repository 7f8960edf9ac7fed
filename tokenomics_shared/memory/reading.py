from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    text: str


def read(text: str) -> Reading:
    return Reading(text)
