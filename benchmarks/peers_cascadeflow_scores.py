"""What cascadeflow thinks of recorded answers, in an environment that has it.

Run by `cascade.py` with the interpreter of that environment. Reads questions and answers as JSON,
prints scores as JSON: those of its LangChain wrapper, which sees the answer alone, and those of
its core, which sees the question too. Neither gets log-probabilities: none are recorded.
"""

import json
import sys
from importlib.metadata import version

# Not installed where types are checked: it brings its own versions of much.
from cascadeflow.integrations.langchain.utils import (  # type: ignore[import-not-found]
    calculate_quality,
)
from cascadeflow.quality.confidence import (  # type: ignore[import-not-found]
    ProductionConfidenceEstimator,
)
from langchain_core.messages import AIMessage


def main() -> None:
    """Score everything."""
    pairs = json.load(sys.stdin)
    core = ProductionConfidenceEstimator()
    scores = {
        "cascadeflow_wrapper": [calculate_quality(AIMessage(answer)) for _, answer in pairs],
        "cascadeflow_core": [
            core.estimate(answer, query=question).final_confidence for question, answer in pairs
        ],
    }
    print(json.dumps({"version": version("cascadeflow"), "scores": scores}))


if __name__ == "__main__":
    main()
