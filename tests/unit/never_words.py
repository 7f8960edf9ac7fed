"""What the pairs of requests that may or must not share are made of."""

from typing import Any

from tests.kit import reply
from tokenomics_shared.types import ToolCall

QUESTIONS = [
    ("How do I reset the password of an account?", "What are the steps to reset a password?"),
    (
        "Which documents does a visa application need?",
        "What papers are needed to apply for a visa?",
    ),
    ("How long does standard delivery take?", "What is the usual delivery time?"),
    (
        "Can a warranty be transferred to a new owner?",
        "Is a warranty transferable to someone else?",
    ),
    ("What does the premium plan include?", "Which features come with the premium plan?"),
    ("How is compound interest calculated?", "What is the formula for compound interest?"),
    ("Why do leaves change colour in autumn?", "What makes leaves turn red in autumn?"),
    ("How do I merge two branches in Git?", "What is the way to merge Git branches?"),
]
SYSTEMS = [
    ("Answer in English.", "Answer in Danish."),
    ("You may give legal advice.", "You must not give legal advice."),
    ("Quote prices in EUR.", "Quote prices in USD."),
    ("Answer in at most 20 words.", "Answer in at most 200 words."),
    ("You work for Northwind.", "You work for Southwind."),
    ("Explain to a child of 6.", "Explain to a child of 16."),
    ("Be formal.", ""),
    ("Cite sources.", "Cite no sources."),
]
SEARCH = {"name": "search", "description": "Look things up", "parameters": {"q": "string"}}
CLOCK = {"name": "clock", "description": "Tell the time", "parameters": {}}
TOOLSETS: list[tuple[tuple[Any, ...], tuple[Any, ...]]] = [
    ((), (SEARCH,)),
    ((SEARCH,), (CLOCK,)),
    ((SEARCH, CLOCK), (SEARCH,)),
    ((SEARCH,), ({**SEARCH, "description": "Look things up in the archive"},)),
    ((SEARCH,), ({**SEARCH, "parameters": {"q": "string", "limit": "integer"}},)),
    ((SEARCH,), ({**SEARCH, "name": "find"},)),
    ((SEARCH, SEARCH), (SEARCH,)),
    ((CLOCK,), ()),
]
CHOICES: list[tuple[Any, Any]] = [
    (None, "none"),
    (None, "any"),
    ("any", "search"),
    ("auto", "required"),
    ({"type": "tool", "name": "search"}, {"type": "tool", "name": "clock"}),
    ("auto", {"type": "any"}),
]
FORMATS: list[tuple[Any, Any]] = [
    (None, {"type": "json_object"}),
    ({"type": "json_object"}, {"type": "json_schema", "schema": {"title": "A"}}),
    ({"schema": {"properties": {"a": 1}}}, {"schema": {"properties": {"b": 1}}}),
    ({"schema": {"required": ["a"]}}, {"schema": {"required": ["a", "b"]}}),
    ({"schema": {"enum": ["x", "y"]}}, {"schema": {"enum": ["y", "x"]}}),
    ({"type": "text"}, "json"),
    ({"strict": True}, {"strict": False}),
    ({"schema": {"max": 5}}, {"schema": {"max": 6}}),
]
SAMPLING: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"params": {"temperature": 0}}, {"params": {"temperature": 0.7}}),
    ({"params": {}}, {"params": {"temperature": 0}}),
    ({"params": {"top_p": 0.1}}, {"params": {"top_p": 0.9}}),
    ({"params": {"seed": 1}}, {"params": {"seed": 2}}),
    ({"params": {"frequency_penalty": 0.5}}, {"params": {}}),
    ({"params": {"logit_bias": {"50256": -100}}}, {"params": {}}),
    ({"params": {"reasoning_effort": "low"}}, {"params": {"reasoning_effort": "high"}}),
    ({"params": {"n": 1}}, {"params": {"n": 3}}),
    ({"max_tokens": 20}, {"max_tokens": 2000}),
    ({"max_tokens": None}, {"max_tokens": 50}),
    ({"stop": ()}, {"stop": ("\n",)}),
    ({"params": {"logprobs": True}}, {"params": {}}),
]
TALKS = [
    ("Who wrote Emma?", "Jane Austen.", "Who wrote Ulysses?", "James Joyce."),
    ("Describe the Eiffel Tower.", "A tower in Paris.", "Describe Big Ben.", "A clock in London."),
    ("Explain the basic plan.", "It costs 5 euros.", "Explain the family plan.", "It costs 12."),
    ("How do I read a file in Rust?", "Use fs::read.", "How do I read a file in C?", "Use fopen."),
]
FOLLOW_UPS = [
    "And when was it finished?",
    "Tell me more.",
    "Why?",
    "Can you give an example?",
    "Make that shorter.",
    "What about the second one?",
]
PERSONAL = [
    ("What is my account balance?", "What's the balance of my account?"),
    ("Where is my order?", "Where's my order right now?"),
    ("Summarise my last meeting.", "Give me my last meeting notes."),
    ("When is my next appointment?", "When's my next dentist appointment?"),
    ("Do I have any meetings this morning?", "Do I have a meeting this morning?"),
    ("Show me my recent invoices.", "List my recent invoices."),
    ("What is my name?", "What's my full name?"),
    ("How much money do I owe?", "How much do I owe?"),
    ("How many vacation days do I have left?", "How many days of leave do I have left?"),
    ("Remind me to call Anna.", "Please remind me to ring Anna."),
    ("Where are my parcels?", "Where's my parcel?"),
    ("What's in my inbox?", "Anything new in my inbox?"),
]
TIMELY = [
    "What is the weather in Oslo today?",
    "What's the latest news about the strike?",
    "Who is leading the race right now?",
    "What is the current exchange rate?",
    "What's the price of bitcoin?",
    "Which films are in cinemas this week?",
    "Who won the match last night?",
    "What's on TV tonight?",
    "When does the next train to Bern leave?",
    "Is the museum open now?",
    "Will it rain tomorrow?",
    "What are the scores so far today?",
]
REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I cannot assist with that request.",
    "As an AI language model, I do not have personal opinions.",
    "Unfortunately, I'm unable to provide that information.",
    "I don't have access to real-time data.",
    "I don't have access to your account.",
    "I can't browse the internet, so I can't tell.",
    "As of my last update, there was no such thing.",
    "I won't write that.",
    "Sorry, I can\u2019t assist with that.",
]
CUT_SHORT = [
    reply("It is calculated by", finish_reason="length"),
    reply("It is", finish_reason="max_tokens"),
    reply("", finish_reason="content_filter"),
    reply("Nothing more", finish_reason="aborted"),
    reply("", finish_reason="stop"),
    reply("No.", faults=("refused",)),
    reply("", tool_calls=(ToolCall("search", "{}", "call_1"),), finish_reason="tool_calls"),
    reply("Error 503: service unavailable"),
]
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
CONTEXT = "Returned goods are checked by the depot before anything is paid back. " * 60
