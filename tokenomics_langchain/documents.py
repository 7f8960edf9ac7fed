"""`TokenomicsDocumentCompressor` and `TokenomicsRetriever`: documents cut to what is needed."""

from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
    Callbacks,
)
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.retrievers import BaseRetriever, RetrieverLike
from langchain_core.runnables import Runnable
from pydantic import ConfigDict, Field, PrivateAttr, SkipValidation, field_serializer
from typing_extensions import override

from tokenomics_shared.condensing import Condensed, Condenser
from tokenomics_shared.errors import ConfigError
from tokenomics_shared.planning import Compressor

_TIMES = ("embedder_timeout_s", "timeout_s")


class TokenomicsDocumentCompressor(BaseDocumentCompressor):
    """Cuts the text of retrieved documents down to what the query needs, within a token budget.

    ```python
    retriever = TokenomicsRetriever(
        base_retriever=store.as_retriever(search_kwargs={"k": 8}),
        compressor=TokenomicsDocumentCompressor(token_budget=1500),
    )
    ```

    Whole sentences, rows and records go or stay. Ids, metadata, order and count of the documents
    stay; one of which nothing is needed keeps its place with an empty text, unless `drop_empty`.
    The documents that were given are never changed.

    Attributes:
        token_budget: tokens of all documents' texts together, at least 1.
        compressor: "auto", "extractive", "structured", or a compressor of your own.
        embeddings: None for MiniLM in this process where that is installed, False for none, or
            LangChain `Embeddings`, a LlamaIndex embedder, a function, a name.
        model: the model that will read the documents; its encoding counts the tokens.
        drop_empty: leave documents out of which nothing is needed.
        embedder_timeout_s: seconds an embedder that is not in this process may take.
        timeout_s: seconds a compressor that is not ours may take.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    token_budget: int = Field(default=1500)
    compressor: Any = Field(default="auto")
    embeddings: Any = Field(default=None)
    model: str = Field(default="gpt-4o")
    drop_empty: bool = Field(default=False)
    embedder_timeout_s: float = Field(default=5.0)
    timeout_s: float = Field(default=30.0)
    _condenser: Condenser = PrivateAttr()

    def __init__(
        self,
        token_budget: int = 1500,
        *,
        compressor: str | Compressor = "auto",
        embeddings: Any = None,
        model: str = "gpt-4o",
        drop_empty: bool = False,
        **settings: Any,
    ) -> None:
        """Make it; see the class for what the settings mean.

        Raises:
            ConfigError: a setting is unknown or impossible.
            MissingExtra: what the embedder takes is not installed.
        """
        unknown = sorted(set(settings) - set(type(self).model_fields))
        if unknown:
            raise ConfigError(f"{type(self).__name__} has no setting {', '.join(unknown)}")
        times = {name: settings[name] for name in _TIMES if name in settings}
        condenser = Condenser(
            token_budget, compressor=compressor, embedder=embeddings, model=model, **times
        )
        super().__init__(
            **settings,
            token_budget=token_budget,
            compressor=compressor,
            embeddings=embeddings,
            model=model,
            drop_empty=drop_empty,
        )
        self._condenser = condenser

    @field_serializer("embeddings")
    def _embeddings_kept(self, given: Any) -> bool | str | None:
        """Names are kept; an embedder isn't: it may hold keys."""
        return given if isinstance(given, bool | str) else None

    @field_serializer("compressor")
    def _compressor_kept(self, given: Any) -> str:
        return given if isinstance(given, str) else str(given.name)

    @override
    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> list[Document]:
        """The documents with what the query needs of their text."""
        texts = [document.page_content for document in documents]
        told = self._condenser.condense(texts, query, token_budget=self.token_budget)
        return self._shortened(documents, told)

    @override
    async def acompress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> list[Document]:
        """As `compress_documents`, without blocking the event loop."""
        texts = [document.page_content for document in documents]
        told = await self._condenser.acondense(texts, query, token_budget=self.token_budget)
        return self._shortened(documents, told)

    def _shortened(self, documents: Sequence[Document], told: Condensed) -> list[Document]:
        """The documents with these texts; those that are as they were are not copied."""
        return [
            document
            if text == document.page_content
            else document.model_copy(update={"page_content": text})
            for document, text in zip(documents, told.texts, strict=True)
            if text or not document.page_content or not self.drop_empty
        ]


class TokenomicsRetriever(BaseRetriever):
    """Any retriever, with what it found cut down to what the query needs.

    ```python
    retriever = TokenomicsRetriever(
        base_retriever=store.as_retriever(search_kwargs={"k": 8}), token_budget=1500
    )
    ```

    Without a compressor it takes the settings of `TokenomicsDocumentCompressor` itself.

    Attributes:
        base_retriever: what finds documents; it takes the same further arguments and shows in
            traces as a run below this one.
        compressor: what cuts them; any of LangChain's document compressors.
    """

    base_retriever: SkipValidation[RetrieverLike]
    compressor: BaseDocumentCompressor = Field(default_factory=TokenomicsDocumentCompressor)

    def __init__(self, *, base_retriever: RetrieverLike, **settings: Any) -> None:
        """Make it; see the class for what the settings mean.

        Raises:
            ConfigError: a setting is unknown or impossible, or what should retrieve does not.
            MissingExtra: what the embedder takes is not installed.
        """
        given: Any = base_retriever
        if not isinstance(given, Runnable):
            hint = "; use its .as_retriever()" if hasattr(given, "as_retriever") else ""
            raise ConfigError(f"base_retriever must be a retriever, got {_kind(given)}{hint}")
        own = {name: settings.pop(name) for name in list(settings) if name in _CUTTING}
        unknown = sorted(set(settings) - set(type(self).model_fields))
        if unknown:
            raise ConfigError(f"{type(self).__name__} has no setting {', '.join(unknown)}")
        compressor = settings.pop("compressor", None)
        if compressor is None:
            compressor = TokenomicsDocumentCompressor(**own)
        elif own:
            raise ConfigError(f"a compressor is given: {', '.join(sorted(own))} must be set there")
        elif not isinstance(compressor, BaseDocumentCompressor):
            raise ConfigError(
                "compressor must be a document compressor, such as "
                f"TokenomicsDocumentCompressor, got {_kind(compressor)}"
            )
        super().__init__(base_retriever=base_retriever, compressor=compressor, **settings)

    @override
    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        child = run_manager.get_child()
        found = self.base_retriever.invoke(query, config={"callbacks": child}, **kwargs)
        return list(self.compressor.compress_documents(found, query, callbacks=child))

    @override
    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        child = run_manager.get_child()
        found = await self.base_retriever.ainvoke(query, config={"callbacks": child}, **kwargs)
        return list(await self.compressor.acompress_documents(found, query, callbacks=child))


_CUTTING = frozenset(TokenomicsDocumentCompressor.model_fields) - {"compressor"}
"""Settings of a compressor that a retriever passes on."""


def _kind(given: Any) -> str:
    return given.__name__ if isinstance(given, type) else type(given).__name__
