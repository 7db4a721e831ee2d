# Everything is done by one of these targets; each first installs what it needs. What they say besides their answer goes
# to standard error.

PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	--no-emit-options --no-header --strip-extras
CATALOGUE := $(wildcard deploy/catalogue.py deploy/catalogue/__main__.py)
SCOPES ?=

.PHONY: setup run up down status token verify reset test check format faults model bench lock

setup: $(STAMP)  ## install the locked packages and, where there is a JDK, the broker
	@$(BIN)/python -m deploy.local setup

$(STAMP): requirements-dev.lock
	@$(PYTHON) -m venv .venv >&2
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock >&2
	@touch $@

run: setup  ## start everything afresh and replay a portfolio: DATA=… LOANS= MONTHS= or SEED= BORROWERS= MONTHS=; JSON=1 only sums up
	@DATA="$(DATA)" LOANS="$(LOANS)" SEED="$(SEED)" BORROWERS="$(BORROWERS)" MONTHS="$(MONTHS)" JSON="$(JSON)" $(BIN)/python -m deploy.local.run

up: setup  ## start everything, kept in var/up
	@$(BIN)/python -m deploy.local up

down: $(STAMP)  ## stop everything
	@$(BIN)/python -m deploy.local down

status: $(STAMP)  ## how every process stands, as JSON
	@$(BIN)/python -m deploy.local status

token: $(STAMP)  ## a token for 12 hours: make token SCOPES="events:write clock:write"
	@$(BIN)/python -m deploy.local token "$(SCOPES)"

verify: $(STAMP)  ## take every decision of what runs again, and compare its state with its history, as JSON
	@$(BIN)/python -m deploy.local verify

reset: $(STAMP)  ## stop everything and forget all data and keys
	@$(BIN)/python -m deploy.local reset

test: setup  ## every test but the long ones that kill things
	@$(BIN)/pytest --ignore=tests/faults

check: $(STAMP)  ## format, lint, types, import contracts, tidy limits, migrations, catalogue
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config importlinter.toml
	@$(BIN)/pytest --quiet tests/architecture
	@$(BIN)/python -m deploy.local check-migrations
	@$(if $(CATALOGUE),$(BIN)/python -m deploy.catalogue --check)

format: $(STAMP)  ## put the code into its form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

faults: setup  ## the tests that kill things for long, each recovery as a line of JSON: FACTS= SEED= KILLS=
	@FACTS="$(FACTS)" SEED="$(SEED)" KILLS="$(KILLS)" $(BIN)/pytest -s tests/faults

model: $(STAMP)  ## check the model of the delivery protocol; WRITE=1 renews docs/model.md
	@command -v spin >/dev/null && command -v gcc >/dev/null || apt-get install -y -qq spin gcc libc6-dev >&2 \
		|| echo "spin and gcc could not be installed here (Debian: apt-get install spin gcc)" >&2
	@$(BIN)/python -m model $(if $(WRITE),--write)

bench: setup  ## every figure beside what it is compared with: PARTS= chooses, DATA=… for replay; JSON=1 sums up in one line
	@PARTS="$(PARTS)" DATA="$(DATA)" JSON="$(JSON)" $(BIN)/python -m bench

lock: $(STAMP)  ## pin versions and hashes of what the two .in files ask for
	@$(LOCK) --output-file requirements.lock requirements.in
	@$(LOCK) --output-file requirements-dev.lock requirements-dev.in
