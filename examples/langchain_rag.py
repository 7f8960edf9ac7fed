"""A retrieval chain whose memory goes by the question, not by the prompt stuffed with documents.

A model on a loopback server stands in for a real one; put `"openai:gpt-4o"` in its place. The
questions are read by MiniLM in this process.
"""

from operator import itemgetter

from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore
from shop import PAGES

from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import ChatRequest, LoopbackServer


def answer(request: ChatRequest) -> str:
    """What a model would find in the documents it was sent."""
    return "It lasts 27 months." if "27 months" in request.question else "That isn't told."


def joined(documents: list[Document]) -> str:
    """The documents' texts, one after the other."""
    return "\n\n".join(document.page_content for document in documents)


store = InMemoryVectorStore(DeterministicFakeEmbedding(size=64))
store.add_documents([Document(text, id=name) for name, text in PAGES.items()])
retriever = store.as_retriever(search_kwargs={"k": len(PAGES)})
prompt = ChatPromptTemplate.from_template(
    "Answer from these documents.\n\n{documents}\n\nThe customer asks: {question}"
)

with LoopbackServer(answer) as server:
    llm = ChatTokenomics(
        cheap=f"openai:gpt-4o-mini@{server.url}",
        premium=f"openai:gpt-4o@{server.url}",
        memory={"use_semantic_cache": True},
    )
    documents = itemgetter("question") | retriever | joined
    chain = RunnablePassthrough.assign(documents=documents) | prompt | llm | StrOutputParser()

    corpus_version = 1
    for question, changed in (
        ("How long does the lamp's warranty last?", False),
        ("Please, how long does the lamp's warranty last", False),
        ("How long does the lamp's warranty last?", True),
    ):
        # The index is another one from here on: what was answered from the old one is out.
        corpus_version += changed
        wishes = {"cache_text": question, "corpus_version": corpus_version}
        asked = len(server.requests)
        text = chain.invoke({"question": question}, config={"configurable": wishes})
        source = "a model" if len(server.requests) > asked else "memory "
        print(f"corpus {corpus_version}, from {source}: {text}")
        # So that the answer is learned before the next question comes: not for production.
        llm.engine.flush()
    llm.engine.close()
