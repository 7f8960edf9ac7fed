"""Several questions about one text at once, with one model, one memory and one ledger.

A model on a loopback server stands in for a real one; put `"openai:gpt-4o-mini"` and
`"openai:gpt-4o"` in their places.
"""

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel
from shop import PAGES

from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import ChatRequest, LoopbackServer

ANSWERS = {
    "Sum up": "The Brightfold is a folding lamp of ash wood and brass that two sisters drew.",
    "List": "It is made of ash wood, of brass, and of a shade that is woven by hand.",
    "Name": "The warranty of the lamp lasts 27 months from the day it is delivered.",
}


def answer(request: ChatRequest) -> str:
    """What a model would say to each task."""
    return next(text for task, text in ANSWERS.items() if request.question.startswith(task))


def about(task: str) -> ChatPromptTemplate:
    """A task, with the text behind it."""
    return ChatPromptTemplate.from_messages([("human", task + "\n\n{text}")])


with LoopbackServer(answer) as server:
    llm = ChatTokenomics(
        cheap=f"openai:gpt-4o-mini@{server.url}",
        premium=f"openai:gpt-4o@{server.url}",
        judge={"judges": ["checks"]},  # a draft that has the right form is good enough
    )
    chain = RunnableParallel(
        summary=about("Sum up this text in a sentence.") | llm | StrOutputParser(),
        materials=about("List what it is made of.") | llm | StrOutputParser(),
        warranty=about("Name its warranty.") | llm | StrOutputParser(),
        # The same request as the first, at the same time: one call answers both.
        teaser=about("Sum up this text in a sentence.") | llm | StrOutputParser(),
    )
    for name, text in chain.invoke({"text": PAGES["brightfold.md"]}).items():
        print(f"{name:9} {text}")
    print(f"\n{len(server.requests)} calls for 4 answers")

    again = chain.batch([{"text": PAGES["brightfold.md"]}] * 3, config={"max_concurrency": 2})
    print(f"{len(server.requests)} calls for {4 + 4 * len(again)} answers")
    print(llm.engine.report())
    llm.engine.close()
