.DEFAULT_GOAL := help
SHELL := /bin/bash

STAMP := node_modules/.package-lock.json
JEST := NODE_OPTIONS="--experimental-vm-modules --disable-warning=ExperimentalWarning" npx jest

.PHONY: help install build lint types format format-check unit test tools controlplane e2e demo corpus accuracy models bench docs manifests fixtures clean

help: ## list every target
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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

test: install tools lint format-check types unit ## everything a change must pass

tools: install ## fetch helm 4, helm 3 and kubectl into .tools
	npx tsx e2e/tools.ts

controlplane: install ## build the control plane of the end-to-end tests; kept outside the clone
	npx tsx e2e/build-controlplane.ts

e2e: install build tools controlplane ## the chart and the webhook through a real API server; E2E_ARGS narrows them
	$(JEST) -c e2e/jest.config.mjs $(E2E_ARGS)

demo: install build ## estimate and pack an example, and have the webhook patch a pod
	npx tsx scripts/demo.ts

corpus: install ## compare with the model corpus, where the data is present
	npx tsx bench/corpus.ts

accuracy: install ## compare with memory measured on GPUs, where the data is present, into docs/accuracy.md
	npx tsx bench/accuracy.ts

models: install ## compare with what PyTorch keeps of whole models, where bench/reference has written them
	npx tsx bench/models.ts

bench: install tools controlplane ## time an estimate, a warm admission and a burst of pods, into docs/benchmarks.md
	npx tsx bench/estimate.ts
	npx tsx bench/admission.ts
	npx tsx bench/burst.ts

manifests: install tools ## render the chart into manifests/
	node scripts/manifests.mjs

docs: install ## rewrite the generated tables of the documentation
	npx tsx scripts/docs.ts --write

fixtures: install ## regenerate the test fixtures
	npx tsx test/fixtures/generate.ts

clean: ## remove what was built and installed
	rm -rf dist coverage .cache node_modules
