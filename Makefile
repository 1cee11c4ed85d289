# make demo     a whole build against a simulated rotten web: no network, no list, under a minute
# make test     everything that CI checks: lint, types, floors, tests
# make lint     the first three of these alone
# make fuzz     sniffing and decoding against spoilt pictures, for FUZZ_SECONDS (600)
# make docs     write docs/reference/cli.md anew from the options themselves
# make bench    the benchmarks (minutes)
# make pins     write constraints.txt anew from what the environment of `make test` holds
# make clean    remove what make made

VENV := .venv
DEV := .venv/dev
BIN := $(CURDIR)/$(DEV)/bin
SOURCES := $(shell find src -name '*.py')
PYTEST_OPTIONS ?=

.PHONY: demo test lint fuzz docs bench pins clean

demo: $(VENV)/.ready
	$(VENV)/bin/gleanset demo -o demo

test: lint
	PATH="$(BIN):$$PATH" $(BIN)/python -m pytest $(PYTEST_OPTIONS)

lint: $(DEV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fuzz: $(DEV)/.ready
	CONSTRAINTS=constraints.txt sh scripts/environment.sh $(DEV) GROUP:fuzz
	FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) $(BIN)/python tests/fuzz/run.py

docs: $(DEV)/.ready
	$(BIN)/python scripts/write_cli_reference.py

bench: $(DEV)/.ready
	for bench in benchmarks/bench_*.py; do $(BIN)/python $$bench || exit 1; done

pins: $(DEV)/.ready
	$(BIN)/python scripts/write_pins.py > constraints.txt.new
	mv constraints.txt.new constraints.txt

clean:
	rm -rf $(VENV) demo fuzz-out .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

$(VENV)/.ready: pyproject.toml scripts/environment.sh $(SOURCES)
	sh scripts/environment.sh $(VENV) .
	@touch $@

$(DEV)/.ready: pyproject.toml constraints.txt scripts/environment.sh
	CONSTRAINTS=constraints.txt sh scripts/environment.sh $(DEV) GROUP:dev -e .
	@touch $@
