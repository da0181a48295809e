# The one list of recipes; people and the continuous check call the same.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete

OLDEST := .venv-oldest

.PHONY: env answers docs report example check-example check-oldest check-versions test test-slow mutate fuzz sbom licences hashes audit lint check clean

env: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	$(BIN)/python -m compileall -q planner
	$(BIN)/python -m planner.rack.compiled.ready
	touch $(STAMP)

report: env
	$(BIN)/planner report scenarios/line-inspection.yaml -o reports/line-inspection.pdf --data reports/line-inspection.json

# The documentation as a site in site/, with the catalogue of parts, the scenarios and the API. Nothing is loaded from
# elsewhere once the environment is there; a link that leads nowhere stops it. The first time takes some minutes.
docs: env
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	$(BIN)/python docs/site_links.py site

# The example that is committed; rebuild it when a change moves a number, and read what changed before you commit.
example: env
	mkdir -p reports/example
	$(BIN)/planner report scenarios/line-inspection.yaml -o reports/example/line-inspection.pdf --data reports/example/line-inspection.json

check-example: report
	$(BIN)/planner report --compare reports/example/line-inspection.json reports/line-inspection.json
	cmp reports/example/line-inspection.pdf reports/line-inspection.pdf

# The lower bounds of pyproject.toml, installed as constraints-oldest.txt pins them and put to work. Takes some minutes.
check-oldest:
	rm -rf $(OLDEST)
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-oldest.txt \
		'.[delta,engines,page,sweep,web]' hypothesis pypdf pytest
	mkdir $(OLDEST)/run
	cd $(OLDEST)/run && ../bin/planner report line-inspection -o report.pdf --html report.html --tables tables
	cd $(OLDEST)/run && ../bin/planner simulate line-inspection --engine compiled
	cd $(OLDEST)/run && ../bin/planner simulate line-inspection --engine simpy
	cd $(OLDEST)/run && ../bin/planner sweep line-inspection --set planning.spares=0,1 -o sweep
	$(OLDEST)/bin/python -m pytest tests/test_dependencies.py tests/report tests/rack tests/schema tests/web tests/workload
	rm -rf $(OLDEST) && $(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-oldest-mcp.txt '.[mcp]' hypothesis pytest
	$(OLDEST)/bin/python -m pytest tests/assistant

# Numbers with the oldest versions that are allowed and with the newest that there are, equal to 1e-9.
VERSIONS := .venv-versions
check-versions:
	rm -rf $(VERSIONS) && mkdir -p $(VERSIONS)
	$(PYTHON) -m venv $(VERSIONS)/oldest
	$(VERSIONS)/oldest/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-oldest.txt .
	$(PYTHON) -m venv $(VERSIONS)/newest
	$(VERSIONS)/newest/bin/python -m pip install --quiet --disable-pip-version-check .
	$(VERSIONS)/oldest/bin/python -m benchmarks.version_numbers write $(VERSIONS)/oldest.json
	$(VERSIONS)/newest/bin/python -m benchmarks.version_numbers write $(VERSIONS)/newest.json
	$(VERSIONS)/newest/bin/python -m benchmarks.version_numbers compare $(VERSIONS)/oldest.json $(VERSIONS)/newest.json

# What commands answer for fixed inputs, kept under tests/regression; its diff belongs into a commit that moves a number.
answers: env
	$(BIN)/python -m tests.regression.renew

# Some two hundred processes are started: each would compile the package anew where no bytecode is kept.
test test-slow: export PYTHONDONTWRITEBYTECODE =
test: env
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: env
	$(BIN)/python -m pytest -m slow

# Small faults in copies of the code: how many do the tests catch? About 40 minutes on two cores.
SEED ?= 1
mutate: env
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[mutate]'
	$(BIN)/python -m benchmarks.code_mutations --seed $(SEED) --count 100

# Ten minutes of hostile input by structure and seed; docs/reliability.md has the long runs.
fuzz: env
	$(BIN)/python -m benchmarks.fuzz --minutes 10 --seed $(SEED)

# What planner is made of: CycloneDX, licences as stated, an install that takes these files and no others.
sbom: env
	$(BIN)/python -m benchmarks.supply_chain sbom -o build/sbom.json

licences: env
	$(BIN)/python -m benchmarks.supply_chain licences -o docs/licences.md

hashes: env
	$(BIN)/python -m benchmarks.supply_chain hashes -o build/requirements-hashed.txt

# Known weaknesses of what is installed; asks the advisories of the package index, from an environment of its own. A
# package that the index says nothing about fails it: nobody has looked then.
AUDIT := .venv-audit
audit: env
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(AUDIT)/bin/pip-audit -r constraints.txt --no-deps --disable-pip --strict

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict planner

check: lint test report check-example
	$(BIN)/planner devices check

clean:
	rm -rf .venv .venv-oldest .venv-versions .venv-audit build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
