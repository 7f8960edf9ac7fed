"""An agent that answers from a database, and sends its model what the question needs of the rows.

A script on a loopback server stands in for the models; put `"openai:gpt-4o-mini"` and
`"openai:gpt-4o"` in their places. Needs `pip install langchain`.
"""

import json
import sqlite3
from contextlib import closing

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool

from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import Call, ChatRequest, LoopbackServer, Turn

DATABASE = "file:shop?mode=memory&cache=shared"
QUESTION = "How many are on hand of the bulb of 17 W?"


@tool
def list_tables() -> str:
    """Name the tables and their columns."""
    with closing(connected()) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table'")
        return "\n".join(sql for (sql,) in rows)


@tool
def run_query(query: str) -> str:
    """Run one SELECT statement, and give its rows as JSON."""
    with closing(connected()) as connection:
        try:
            found = connection.execute(query)
            names = [column[0] for column in found.description or ()]
            return json.dumps([dict(zip(names, row, strict=True)) for row in found])
        except sqlite3.Error as error:
            return f"error: {error}"  # the model may try again


def connected() -> sqlite3.Connection:
    """A connection that can't change anything, whatever a model writes."""
    connection = sqlite3.connect(DATABASE, uri=True)
    connection.execute("PRAGMA query_only = ON")
    return connection


def turn(request: ChatRequest) -> Turn:
    """What a model would do: look at the tables, ask for rows, answer from what came back."""
    results = [each["content"] for each in request.messages if each["role"] == "tool"]
    if not results:
        return Turn((Call("list_tables"),))
    if len(results) == 1:
        return Turn((Call("run_query", {"query": "SELECT * FROM stock ORDER BY id"}),))
    rows = json.loads(results[-1])
    on_hand = [row["on_hand"] for row in rows if "17 W" in row.get("product", "")]
    return Turn(text=f"There are {on_hand[0]} of them on hand.")


if __name__ == "__main__":
    with (
        closing(sqlite3.connect(DATABASE, uri=True)) as shop,
        LoopbackServer() as server,
    ):
        server.turns = turn
        shop.execute("CREATE TABLE stock (id INTEGER PRIMARY KEY, product TEXT, on_hand INTEGER)")
        rows = [
            (number, f"bulb {number} W, clear glass", 900 - number) for number in range(3, 203)
        ]
        shop.executemany("INSERT INTO stock VALUES (?, ?, ?)", rows)
        shop.commit()

        llm = ChatTokenomics(
            cheap=f"openai:gpt-4o-mini@{server.url}",
            premium=f"openai:gpt-4o@{server.url}",
            compression=True,
            judge={"judges": ["checks"]},
        )
        agent = create_agent(llm, [list_tables, run_query])
        state = agent.invoke({"messages": [HumanMessage(QUESTION)]})
        for message in state["messages"]:
            calls = [call["name"] for call in getattr(message, "tool_calls", ())]
            print(f"{message.type:5} {calls or message.text[:64]}")

        returned = next(m.text for m in state["messages"] if getattr(m, "name", "") == "run_query")
        sent = server.requests[-1]["messages"][-1]["content"]
        print(f"\nOf {len(returned)} characters of rows, the model was sent {len(sent)}.")
        print(f"{len(server.requests)} calls, {llm.engine.report().to_dict()['cost']} US dollars")
        llm.engine.close()
