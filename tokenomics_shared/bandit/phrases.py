"""Phrases of each kind of question, for those who compare by meaning."""

from collections.abc import Mapping
from types import MappingProxyType

from tokenomics_shared.learning import Kind

PHRASES: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "code": (
            "Write a Python function that does this and passes the tests.",
            "Why does this program raise an exception, and how do I fix the bug?",
            "Implement a data structure with these methods in Java.",
            "Write an SQL query over these two tables.",
            "Explain what this shell script does line by line.",
            "Refactor this class and add unit tests.",
        ),
        "maths": (
            "How much money is left after buying some items at these prices?",
            "Solve the equation for x.",
            "What is the probability of drawing two red balls?",
            "Find the area of the triangle with these sides.",
            "Compute the derivative of the function.",
            "How many are there altogether if each has twice as many as the last?",
            "Find the order of the element in the group, or the degree of the field extension.",
        ),
        "reasoning": (
            "Which conclusion follows logically from these premises?",
            "Solve this riddle about who sits next to whom.",
            "If the first statement is true, must the second be false?",
            "Plan the steps in the right order under these constraints.",
            "Find the flaw in this argument.",
            "Several suspects each say something; only one of them tells the truth. Who did it?",
        ),
        "extraction": (
            "List every name, date and amount mentioned in the text below as JSON.",
            "Summarise the following article in three sentences.",
            "Translate this paragraph into French.",
            "Classify the sentiment of these reviews as positive or negative.",
            "Turn the report below into a table with these columns.",
            "Answer using only the passage given.",
        ),
        "science": (
            "Which organ produces this hormone, and what does it do?",
            "What happens to the pressure of a gas when it is heated?",
            "Which of these compounds is the strongest acid?",
            "A patient presents with fever and a rash; what is the likely diagnosis?",
            "Why do stars of larger mass burn out sooner?",
            "How do genes and the environment shape the evolution of a species?",
        ),
        "humanities": (
            "What caused the fall of the empire in that century?",
            "Which philosopher held this view of morality?",
            "Is the defendant liable under the common law rule?",
            "How does inflation affect unemployment in the economy?",
            "What do sociologists and psychologists say about this behaviour?",
            "Which treaty ended the war, and what were its terms?",
        ),
        "writing": (
            "Write a short story about an unexpected friendship.",
            "Draft a polite email to a customer about a delay.",
            "Compose a poem in the style of a romantic.",
            "Write a blog post about a trip, with a catchy headline.",
            "Rewrite this paragraph so that it sounds more formal.",
            "Write a persuasive speech for a wedding or a campaign.",
        ),
        "chat": (
            "Hello, how are you today?",
            "Can you recommend a good film for tonight?",
            "Pretend to be my friend and cheer me up.",
            "What do you think I should give my mother for her birthday?",
            "Thanks, that was helpful!",
            "Tell me something about yourself.",
        ),
    }
)
