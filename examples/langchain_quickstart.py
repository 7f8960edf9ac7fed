"""The shortest way in: wrap two models, keep the chain, look at the report.

Two models on a loopback server stand in for real ones; put `"openai:gpt-4o-mini"` and
`"openai:gpt-4o"` in their place.
"""

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import LoopbackServer

ANSWER = "The river that flows through the city of Vienna is the Danube."

with LoopbackServer(lambda _: ANSWER) as server:
    llm = ChatTokenomics(
        cheap=f"openai:gpt-4o-mini@{server.url}",
        premium=f"openai:gpt-4o@{server.url}",
    )
    prompt = ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "{question}")])
    chain = prompt | llm | StrOutputParser()

    question = {"question": "Which river flows through the city of Vienna?"}
    print(chain.invoke(question))  # a draft of the cheap model, judged good enough
    print("".join(chain.stream(question)))  # the same again: from memory, for nothing
    print(llm.engine.report())
