"""Which models can answer a request at all."""

from collections.abc import Sequence

from tokenomics_shared.types import Abilities, Message, Prompt, QueryPlan, Roster, Strategy

_IMAGES = frozenset({"image", "image_url", "input_image"})


def fitting(prompt: Prompt, plan: QueryPlan, roster: Roster) -> tuple[Strategy, ...]:
    """The arms whose models can read the request and answer in the form it wants.

    What is unknown of a model is not held against it. Premium stays in any case: where nothing
    fits, its own error says so best.
    """
    wants = Abilities(
        input_tokens=plan.input_tokens,
        tools=bool(prompt.tools),
        images=any(map(_has_image, prompt.messages)),
        structured=prompt.response_format is not None,
    )
    *others, premium = roster.arms
    fit = [arm for arm in others if _fits(wants, roster.tiers[arm.tier].abilities)]
    return roster.arms if len(fit) == len(others) else (*fit, premium)


def _fits(wants: Abilities, has: Abilities) -> bool:
    if has.input_tokens is not None and (wants.input_tokens or 0) > has.input_tokens:
        return False
    return not (
        (wants.tools and has.tools is False)
        or (wants.images and has.images is False)
        or (wants.structured and has.structured is False)
    )


def _has_image(message: Message) -> bool:
    content: str | Sequence[object] = message.content
    if isinstance(content, str):
        return False
    return any(isinstance(block, dict) and block.get("type") in _IMAGES for block in content)
