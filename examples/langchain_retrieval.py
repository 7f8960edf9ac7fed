"""A LangChain retrieval chain that sends its model what the question needs, and no more.

A model on a loopback server stands in for a real one; put `"openai:gpt-4o"` in its place.
"""

from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.vectorstores import InMemoryVectorStore
from shop import PAGES, QUESTION

from tokenomics_langchain import (
    ChatTokenomics,
    TokenomicsDocumentCompressor,
    TokenomicsRetriever,
)
from tokenomics_shared.testing import ChatRequest, LoopbackServer


def answer(request: ChatRequest) -> str:
    """What a model would find in the documents it was sent."""
    return "27 months from delivery." if "27 months" in request.question else "I don't know."


store = InMemoryVectorStore(DeterministicFakeEmbedding(size=64))
store.add_documents(
    [Document(text, id=name, metadata={"source": name}) for name, text in PAGES.items()]
)
everything = store.as_retriever(search_kwargs={"k": len(PAGES)})
retriever = TokenomicsRetriever(
    base_retriever=everything, compressor=TokenomicsDocumentCompressor(token_budget=120)
)
prompt = ChatPromptTemplate.from_template(
    "Answer from these documents.\n\n{documents}\n\nQuestion: {question}"
)

with LoopbackServer(answer) as server:
    llm = ChatTokenomics(premium=f"openai:gpt-4o@{server.url}")
    for name, finding in {"whole": everything, "cut": retriever}.items():
        found = finding.invoke(QUESTION)
        documents = "\n\n".join(document.page_content for document in found)
        message = (prompt | llm).invoke({"documents": documents, "question": QUESTION})
        usage = message.usage_metadata or {"input_tokens": 0}
        print(f"{name:5} {len(found)} documents, {usage['input_tokens']:4} tokens in")
        print(f"      {message.text}")
    llm.engine.close()

print("\nWhat is sent of each:")
for document in retriever.invoke(QUESTION):
    print(f"  {document.metadata['source']:14} {document.page_content or '(nothing)'}")
