"""What every Runnable can do, ours does as the plain model does."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompt_values import StringPromptValue
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import (
    RunnableBranch,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
)

from tests.conftest import openai_model
from tests.integration.langchain.agents import (
    EASY,
    HARD,
    fresh,
    looks_twice,
    ours,
    ours_off,
    plain,
    shown,
    weather,
)
from tokenomics_shared.testing import Fault, LoopbackServer

MODELS = (plain, ours, ours_off)
PROMPT = ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "{question}")])
ASKED = {"question": HARD}


@pytest.fixture
def server(served: LoopbackServer) -> LoopbackServer:
    return fresh(served)


COMPOSED: dict[str, Any] = {
    "pipe": lambda llm: PROMPT.pipe(llm, StrOutputParser()),
    "pick": lambda llm: (
        {"answer": PROMPT | llm, "other": RunnablePassthrough()}
        | RunnablePassthrough().pick("answer")
    ),
    "assign": lambda llm: RunnablePassthrough.assign(answer=PROMPT | llm | StrOutputParser()),
    "lambda": lambda llm: RunnableLambda((PROMPT | llm).invoke),
    "lambda that gives a chain": lambda llm: RunnableLambda(lambda _: PROMPT | llm),
    "parallel": lambda llm: RunnableParallel(one=PROMPT | llm, other=PROMPT | llm.with_retry()),
    "branch": lambda llm: RunnableBranch(
        (lambda given: "easy" in given["question"], PROMPT | llm.bind(stop=["is"])),
        PROMPT | llm,
    ),
    "types": lambda llm: PROMPT | llm.with_types(output_type=AIMessage),
    "config": lambda llm: PROMPT | llm.with_config(tags=["a"], metadata={"b": 1}, run_name="c"),
    "tool": lambda llm: (PROMPT | llm | StrOutputParser()).as_tool(
        name="ask", arg_types={"question": str}
    ),
    "fallbacks": lambda llm: PROMPT | llm.with_fallbacks([llm]),
    "map": lambda llm: RunnableLambda(lambda given: [given, given]) | (PROMPT | llm).map(),
}


@pytest.mark.filterwarnings("ignore:This API is in beta")
@pytest.mark.parametrize("kind", COMPOSED)
async def test_compositions(kind: str, server: LoopbackServer) -> None:
    outcomes = []
    for make in MODELS:
        chain = COMPOSED[kind](make(server))
        outcomes.append(
            (
                shown(chain.invoke(ASKED)),
                shown(await chain.ainvoke(ASKED)),
                shown(chain.batch([ASKED, ASKED], {"max_concurrency": 1})),
                {key for part in chain.stream(ASKED) if isinstance(part, dict) for key in part},
            )
        )
    assert outcomes[1:] == outcomes[:1] * 2


async def test_what_is_streamed_in_is_read_whole(server: LoopbackServer) -> None:
    async def apieces() -> Any:
        for piece in ("Is it ", "hard?"):
            yield piece

    texts = []
    for make in MODELS:
        llm = make(server) | StrOutputParser()
        sync = "".join(llm.transform(iter(["Is it ", "hard?"])))
        texts.append((sync, "".join([part async for part in llm.atransform(apieces())])))
    assert texts[1:] == texts[:1] * 2


async def test_batches_that_fail_in_part(server: LoopbackServer) -> None:
    questions: list[Any] = [EASY, "", HARD]
    for make in (ours, ours_off):
        llm = make(server)
        given: Any = {"max_concurrency": 2}
        results = llm.batch(questions, given, return_exceptions=True)
        aresults = await llm.abatch(questions, given, return_exceptions=True)
        for each in (results, aresults):
            kinds = [isinstance(it, AIMessage) for it in each]
            assert kinds == [True, make is ours_off, True]
        in_turn = dict(llm.batch_as_completed(questions, given, return_exceptions=True))
        later = {
            number: it
            async for number, it in llm.abatch_as_completed(
                questions, given, return_exceptions=True
            )
        }
        assert [shown(in_turn[i]) for i in (0, 2)] == [shown(results[i]) for i in (0, 2)]
        assert [shown(later[i]) for i in (0, 2)] == [shown(results[i]) for i in (0, 2)]


@pytest.mark.filterwarnings("ignore:Unexpected type for token usage")
async def test_generate_takes_several_prompts(server: LoopbackServer) -> None:
    outcomes: list[Any] = []
    for make in MODELS:
        llm = make(server)
        turns: list[Any] = [[HumanMessage(EASY)], [HumanMessage(HARD)]]
        values = [StringPromptValue(text=EASY), PROMPT.invoke(ASKED)]
        results: list[Any] = [
            llm.generate(turns),
            await llm.agenerate(turns),
            llm.generate_prompt(values),
            await llm.agenerate_prompt(values),
        ]
        assert all(len(result.run or []) == 2 for result in results)
        outcomes.append(
            [[shown(it[0].message) for it in result.generations] for result in results]
        )
    assert outcomes[1:] == outcomes[:1] * 2


async def test_fallbacks_both_ways_round_with_tools(server: LoopbackServer) -> None:
    server.turns = looks_twice
    server.faults["broken"] = Fault(status=500)
    broken = openai_model(server, "broken")
    both = ours(server, cheap=openai_model(server, "broken"), premium=broken)
    for chain in (broken.with_fallbacks([ours(server)]), both.with_fallbacks([plain(server)])):
        bound: Any = chain
        bound = bound.bind_tools([weather])
        for message in (bound.invoke(EASY), await bound.ainvoke(EASY)):
            assert [call["name"] for call in message.tool_calls] == ["weather"] * 2
