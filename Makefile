# Two commands need nothing but python3 and make: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# --no-compile: Python compiles what it imports when it does, so that the first page comes sooner.
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo serve test fast test-postgres check fix bench voice clean

demo: .venv/.run
	@$(BIN)/yimen demo

serve: .venv/.run
	@$(BIN)/yimen serve

test: .venv/.test
	$(BIN)/pytest -n 2 -q

# Everything but what is marked slow.
fast: .venv/.test
	$(BIN)/pytest -n 2 -q -m "not slow"

# What comes with a database of its own says the same whatever the others run on.
test-postgres: .venv/.test
	$(BIN)/pytest -n 2 -q -m "not journey and not apart"

check: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint yimen --lint --quiet
	$(BIN)/yimen manage makemigrations --check --dry-run
	$(BIN)/yimen rules check --strict
	$(BIN)/yimen manage dues --check

fix: .venv/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.run
	$(PYTHON) -m bench.run $(ONLY)

# Only to make the clips of the big screen anew; they come with the program.
voice:
	@command -v espeak-ng oggenc >/dev/null || { echo "缺少 espeak-ng 或 oggenc：apt install espeak-ng vorbis-tools"; exit 1; }
	$(PYTHON) tools/make_voice.py

.venv/.run: requirements/run.lock pyproject.toml
	@$(PYTHON) -c "import venv, ensurepip" 2>/dev/null || { echo "缺少 venv：请先安装 python3-venv（Debian/Ubuntu：apt install python3-venv）"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-compile --require-hashes -r requirements/run.lock
	$(BIN)/pip install --quiet --no-compile --no-deps --no-build-isolation -e .
	@touch $@

.venv/.test: .venv/.run requirements/test.lock
	$(BIN)/pip install --quiet --no-compile --require-hashes -r requirements/test.lock
	@touch $@

clean:
	rm -rf .venv var .mypy_cache .pytest_cache .ruff_cache
