"""A LlamaIndex query engine that shows its model what the question needs, and no more.

LlamaIndex's own mock of a model stands in for a real one: it answers with what it was shown.
"""

from llama_index.core import SummaryIndex
from llama_index.core.llms import MockLLM
from llama_index.core.schema import TextNode
from shop import PAGES, QUESTION

from tokenomics_llamaindex import TokenomicsNodePostprocessor

nodes = [TextNode(id_=name, text=text, metadata={"file": name}) for name, text in PAGES.items()]
index = SummaryIndex(nodes)

plain = index.as_query_engine(llm=MockLLM())
shrinking = index.as_query_engine(
    llm=MockLLM(),
    node_postprocessors=[TokenomicsNodePostprocessor(token_budget=120)],
)

whole, short = plain.query(QUESTION), shrinking.query(QUESTION)
print(f"The model was shown {len(str(short))} characters in place of {len(str(whole))}:\n")
print(short)

print("\nThe sources, as they were found:")
for found in short.source_nodes:
    told = found.node.metadata.get("tokenomics", {})
    cut = f"{told['tokens_before']} tokens cut to {told['tokens_after']}" if told else "whole"
    print(f"  {found.node.node_id:14} {cut}")
