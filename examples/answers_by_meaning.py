"""A semantic cache in front of customers: what it answers, what it refuses, and why.

Recorded answers on a loopback server stand in for a model; put `"openai:gpt-4o-mini"` in its
place. The questions are read by MiniLM in this process.
"""

from tokenomics_langchain import ChatTokenomics
from tokenomics_shared.testing import LoopbackServer, recorded

RESET = "Open Settings, choose Security and press Reset password. A link comes by mail."
ENABLE = "Open Settings, choose Security and enable two-factor authentication."
DISABLE = "Open Settings, choose Security and disable two-factor authentication."

ANSWERS = {
    "How do I reset my password?": RESET,
    "how do i reset my password": RESET,
    "What is the way to reset my password?": RESET,
    "I forgot my password, how do I get a new one?": RESET,
    "How do I enable two-factor authentication?": ENABLE,
    "How do I disable two-factor authentication?": DISABLE,
    "What did I order last week?": "Your last order was a lamp.",
}

with LoopbackServer(recorded({"gpt-4o-mini": ANSWERS})) as server:
    llm = ChatTokenomics(
        premium=f"openai:gpt-4o-mini@{server.url}",
        memory={"use_semantic_cache": True, "max_false_hit_rate": 0.02},
    )
    for question in ANSWERS:
        told = llm.invoke(question).response_metadata["tokenomics"]
        if told["cache_hit"]:
            print(f"memory  {question}")
            print(f"        {told['cache_type']}, similarity {told['similarity']:.3f}")
        else:
            print(f"model   {question}")
            if told["near_miss"]:
                print(f"        similarity {told['similarity']:.3f}, refused: {told['near_miss']}")
        # So that every answer is learned before the next question comes: not for production.
        llm.engine.flush()

    print("\nWhy not?")
    print(
        llm.engine.memory.explain(
            "How do I disable two-factor authentication on my phone?", llm.roster
        )
    )
    print(llm.engine.memory.explain("What did I order this week?", llm.roster))

    print("\nWhat memory did:")
    for name, value in llm.engine.memory.stats().to_dict().items():
        print(f"  {name}: {value}")
    llm.engine.close()
