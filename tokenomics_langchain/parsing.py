"""Structured answers, whichever way a tier was asked for them."""

from typing import Any

from langchain_core.output_parsers import (
    BaseCumulativeTransformOutputParser,
    JsonOutputParser,
    PydanticOutputParser,
)
from langchain_core.output_parsers.openai_tools import (
    JsonOutputKeyToolsParser,
    PydanticToolsParser,
)
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.utils.pydantic import is_basemodel_subclass
from typing_extensions import override


class AnswerParser(BaseCumulativeTransformOutputParser[Any]):
    """Parses a structured answer from the tool call it came as, or else from its text.

    For tiers that are asked in different ways. Of a stream, an object is made when all has come.
    """

    answer_schema: Any

    @property
    @override
    def _type(self) -> str:
        return "tokenomics_answer"

    @override
    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Parse the first generation."""
        schema = self.answer_schema.given
        is_model = isinstance(schema, type) and is_basemodel_subclass(schema)
        message = result[0].message if isinstance(result[0], ChatGeneration) else None
        if is_model and partial and getattr(message, "chunk_position", None) != "last":
            return None
        parser: Any
        if getattr(message, "tool_calls", None):
            name = self.answer_schema["json_schema"]["name"]
            parser = (
                PydanticToolsParser(tools=[schema], first_tool_only=True)
                if is_model
                else JsonOutputKeyToolsParser(key_name=name, first_tool_only=True)
            )
        else:
            parser = (
                PydanticOutputParser(pydantic_object=schema) if is_model else JsonOutputParser()
            )
        return parser.parse_result(result, partial=partial)

    @override
    def parse(self, text: str) -> Any:
        """Parse a text."""
        return self.parse_result([Generation(text=text)])
