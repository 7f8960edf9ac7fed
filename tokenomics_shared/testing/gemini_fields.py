"""The fields of Gemini's requests, as its REST reference names them.

Source: ai.google.dev/api/generate-content and ai.google.dev/api/caching; Vertex AI's own fields
beside them. Like Google's servers, this reads names in camel or in snake case, and refuses others.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from tokenomics_shared.testing.completions import BadRequest

_LEAF: Final = ""


def _leaves(names: str, **messages: str) -> dict[str, str]:
    """A message's fields: those read as they stand, and those that hold other messages."""
    return {**dict.fromkeys(names.split(), _LEAF), **messages}


_MESSAGES: Final[dict[str, dict[str, str]]] = {
    "Request": _leaves(
        "model safetySettings cachedContent labels serviceTier store",
        contents="Content",
        systemInstruction="Content",
        tools="Tool",
        toolConfig="ToolConfig",
        generationConfig="GenerationConfig",
    ),
    "Count": _leaves(
        "model",
        contents="Content",
        generateContentRequest="Request",
        systemInstruction="Content",
        tools="Tool",
        generationConfig="GenerationConfig",
    ),
    "Content": _leaves("role", parts="Part"),
    "Part": _leaves(
        "text thought thoughtSignature partMetadata mediaResolution videoMetadata "
        "executableCode codeExecutionResult toolCall toolResponse",
        inlineData="Blob",
        fileData="FileData",
        functionCall="FunctionCall",
        functionResponse="FunctionResponse",
    ),
    "Blob": _leaves("mimeType data displayName"),
    "FileData": _leaves("mimeType fileUri displayName"),
    "FunctionCall": _leaves("id name args"),
    "FunctionResponse": _leaves(
        "id name response willContinue scheduling", parts="FunctionResponsePart"
    ),
    "FunctionResponsePart": _leaves("", inlineData="Blob", fileData="FileData"),
    "Tool": _leaves(
        "googleSearch googleSearchRetrieval codeExecution urlContext computerUse fileSearch "
        "googleMaps mcpServers retrieval enterpriseWebSearch",
        functionDeclarations="FunctionDeclaration",
    ),
    "FunctionDeclaration": _leaves(
        "name description behavior parametersJsonSchema responseJsonSchema",
        parameters="Schema",
        response="Schema",
    ),
    "ToolConfig": _leaves(
        "retrievalConfig includeServerSideToolInvocations",
        functionCallingConfig="FunctionCallingConfig",
    ),
    "FunctionCallingConfig": _leaves("mode allowedFunctionNames streamFunctionCallArguments"),
    "GenerationConfig": _leaves(
        "stopSequences responseMimeType _responseJsonSchema responseJsonSchema "
        "responseModalities candidateCount maxOutputTokens temperature topP topK seed "
        "presencePenalty frequencyPenalty responseLogprobs logprobs enableEnhancedCivicAnswers "
        "speechConfig thinkingConfig imageConfig mediaResolution audioTimestamp routingConfig "
        "modelSelectionConfig enableAffectiveDialog",
        responseSchema="Schema",
    ),
    "Schema": _leaves(
        "type format title description nullable enum maxItems minItems required minProperties "
        "maxProperties minLength maxLength pattern example propertyOrdering default minimum "
        "maximum",
        properties="{Schema}",
        anyOf="Schema",
        items="Schema",
    ),
}
_UNDERSCORE: Final = re.compile(r"(?<=[a-z0-9])_([a-z])")


def checked(value: Mapping[str, Any], message: str, where: str = "") -> dict[str, Any]:
    """A message with its fields in camel case.

    Args:
        value: the message.
        message: which one it is.
        where: the path to it, for what is refused.

    Raises:
        BadRequest: it has a field that such a message doesn't have.
    """
    if not isinstance(value, Mapping):
        raise BadRequest(f"Invalid value at '{where}' ({message})")
    fields = _MESSAGES[message]
    read = {}
    for given, part in value.items():
        name = _UNDERSCORE.sub(lambda found: found[1].upper(), given)
        if name not in fields:
            at = f" at '{where}'" if where else ""
            raise BadRequest(
                f'Invalid JSON payload received. Unknown name "{given}"{at}: Cannot find field.'
            )
        read[name] = _value(part, fields[name], f"{where}.{name}" if where else name)
    return read


def _value(value: Any, kind: str, where: str) -> Any:
    if kind == _LEAF or value is None:
        return value
    if kind.startswith("{"):
        return {key: checked(part, kind[1:-1], f"{where}[{key}]") for key, part in value.items()}
    if isinstance(value, list):
        return [checked(part, kind, f"{where}[{at}]") for at, part in enumerate(value)]
    return checked(value, kind, where)
