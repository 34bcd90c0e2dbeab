.DEFAULT_GOAL := help
SHELL := /bin/bash

STAMP := node_modules/.package-lock.json
JEST := NODE_OPTIONS="--experimental-vm-modules --disable-warning=ExperimentalWarning" npx jest

.PHONY: help install build lint types format format-check unit test demo corpus bench docs fixtures clean

help: ## list every target
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## install the pinned packages, if the lockfile changed

$(STAMP): package-lock.json
	npm ci
	@touch $@

build: install ## bundle the command line into dist/cli.mjs
	node scripts/build.mjs

lint: install ## eslint: rules, size caps, import zones
	npx eslint --max-warnings 0 .

types: install ## type-check everything
	npx tsc

format: install ## rewrite files the way prettier wants them
	npx prettier --write --log-level warn .

format-check: install ## fail if prettier would change a file
	npx prettier --check --log-level warn .

unit: install ## unit and property tests; JEST_ARGS narrows them
	$(JEST) $(JEST_ARGS)

test: install lint format-check types unit ## everything a change must pass

demo: install build ## estimate and pack an example, and have the webhook patch a pod
	npx tsx scripts/demo.ts

corpus: install ## compare with the model corpus, where the data is present
	npx tsx bench/corpus.ts

bench: install ## time the path from a cold file to an answer, into docs/benchmarks.md
	npx tsx bench/estimate.ts

docs: install ## rewrite the generated tables of the documentation
	npx tsx scripts/docs.ts --write

fixtures: install ## regenerate the test fixtures
	npx tsx test/fixtures/generate.ts

clean: ## remove what was built and installed
	rm -rf dist coverage .cache node_modules
