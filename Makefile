# Everything that is checked about curfew. `make help` lists it.
#
# It asks for Rust, Python 3.11 or later, and make. What else a target needs, it sets up under target/, in pinned
# versions, and only once.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
PYTHON ?= python3
PIP := bin/pip --disable-pip-version-check --quiet install --requirement

DENY_VERSION := 0.20.2
DENY_ROOT := target/tools/cargo-deny-$(DENY_VERSION)
DENY := $(DENY_ROOT)/bin/cargo-deny

FUZZ_VERSION := 0.13.2
FUZZ_ROOT := target/tools/cargo-fuzz-$(FUZZ_VERSION)
FUZZ := $(FUZZ_ROOT)/bin/cargo-fuzz
# How long each target is fuzzed.
FUZZ_SECONDS ?= 600

# A Python environment is made anew when its requirements or the interpreter change: the stamp's name tells.
python_stamp = target/$(1)/.made-of-$(shell { $(PYTHON) --version; cat $(2)/requirements.txt; } 2>&1 | cksum | cut -d' ' -f1)
PYTHON_ENV := $(call python_stamp,python,tests/python)
SAM_ENV := $(call python_stamp,sam,tests/sam)
CHECKOV_ENV := $(call python_stamp,checkov,tests/checkov)
BUILD_ENV := $(call python_stamp,build,deploy/build)

# The SAM CLI wants a region, even to look at a file, and phones home unless told not to.
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-1 target/sam/bin/sam

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: python-env ## Run the whole test suite, set-up included
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
		$(CARGO) nextest run --locked; \
		$(CARGO) test --locked --doc; \
	else \
		$(CARGO) test --locked; \
	fi
	$(CARGO) build --locked --bins --tests
	CURFEW_BIN="$${CARGO_TARGET_DIR:-$$PWD/target}/debug/curfew" target/python/bin/python -m pytest --quiet tests/python

.PHONY: check
check: format lint docs deny template test ## Run every check there is: the gate of a change

.PHONY: fmt
fmt: ## Format the code
	$(CARGO) fmt

.PHONY: format
format: ## Check that the code is formatted
	$(CARGO) fmt --check

.PHONY: lint
lint: ## Lint everything, and the function alone as it is deployed
	$(CARGO) clippy --locked --all-targets --all-features -- -D warnings
	$(CARGO) clippy --locked --no-default-features --bin curfew-lambda -- -D warnings

.PHONY: docs
docs: ## Build the documentation, private items included, without a warning
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --document-private-items

# Advisories come from a git repository. Without a copy of it they cannot be checked, and that is said, not hidden.
.PHONY: deny
deny: $(DENY) ## Check the dependencies' licences, versions, sources and advisories
	$(DENY) --locked check bans licenses sources
	@if $(DENY) fetch db >/dev/null 2>&1; then \
		$(DENY) --locked check advisories; \
	elif compgen -G "$${CARGO_HOME:-$$HOME/.cargo}/advisory-dbs/advisory-db-*/crates" >/dev/null; then \
		$(DENY) --locked check --disable-fetch advisories; \
	else \
		echo "advisories SKIPPED: the advisory database can be reached neither on the network nor on this disk"; \
	fi

.PHONY: template
template: $(SAM_ENV) $(CHECKOV_ENV) ## Validate the deployment template: as written, as transformed, and for security
	$(SAM) validate --lint --template template.yaml
	target/sam/bin/cfn-lint template.yaml
	target/sam/bin/python -m pytest --quiet -p no:cacheprovider tests/sam
	target/checkov/bin/checkov --config-file tests/checkov/checkov.yaml --file template.yaml deploy/google/main.tf

# SAM builds what is deployed: for the architecture in the template, with the release profile. It takes some minutes.
.PHONY: package
package: $(SAM_ENV) $(BUILD_ENV) ## Build the function for deployment, as `sam deploy` takes it
	if command -v rustup >/dev/null; then rustup target add aarch64-unknown-linux-gnu; fi
	PATH="$$PWD/target/build/bin:$$PATH" $(SAM) build

.PHONY: python-env
python-env: $(PYTHON_ENV) ## Make the Python environment of the tests

# AWS-LC, which does the cryptography of TLS, fills its random number generator at the first use from the processor's
# timing jitter, on top of the operating system's randomness. That costs 60 ms of a full core, and a small Lambda function
# has a seventh of one. Without it there is one source less: the kernel's getrandom is then all that keys are drawn from,
# as in most programs. It is set here, for what is released and measured, and not in .cargo/config.toml: cargo takes a
# variable of that file for a changed one each time, and would compile AWS-LC anew for every command.
bench: export AWS_LC_SYS_NO_JITTER_ENTROPY := 1

.PHONY: bench
bench: ## Run the benchmarks and print their figures
	$(CARGO) bench --locked

# The tests run the same targets with input of their own (tests/fuzz_targets.rs), on any toolchain. No sanitizer: curfew
# has no unsafe code. What a fuzzer finds lies in fuzz/artifacts/, and becomes a seed.
.PHONY: fuzz
fuzz: $(FUZZ) ## Fuzz every reader of a file, FUZZ_SECONDS (600) each; needs a nightly toolchain
	for target in $$($(FUZZ) list); do \
		mkdir -p fuzz/corpus/$$target; \
		RUSTUP_TOOLCHAIN=nightly CARGO_TARGET_DIR=target/fuzz $(FUZZ) run --sanitizer none $$target \
			fuzz/corpus/$$target fuzz/seeds/$$target -- -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096; \
	done

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf target .aws-sam

$(PYTHON_ENV): | tests/python/requirements.txt
$(SAM_ENV): | tests/sam/requirements.txt
$(CHECKOV_ENV): | tests/checkov/requirements.txt
$(BUILD_ENV): | deploy/build/requirements.txt
$(PYTHON_ENV) $(SAM_ENV) $(CHECKOV_ENV) $(BUILD_ENV):
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/$(PIP) $|
	touch $@

$(FUZZ):
	$(CARGO) install --locked --root $(FUZZ_ROOT) cargo-fuzz@$(FUZZ_VERSION)

$(DENY):
	$(CARGO) install --locked --root $(DENY_ROOT) cargo-deny@$(DENY_VERSION)
