import re
from dataclasses import dataclass
from tokenomics_shared.memory.reading import Reading


@dataclass(frozen=True, slots=True)
class Veto:
    rule: str
    reason: str
    core: bool


def vetoes(asked: Reading, kept: Reading) -> tuple[Veto, ...]:
    a, b = re.findall(r"\d+", asked.text), re.findall(r"\d+", kept.text)
    return () if a == b else (Veto("number", f"{a} is not {b}", True),)
