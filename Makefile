# Stormglass: `make help` lists what can be made. GNU make, a POSIX shell, no root.

SHELL = /bin/sh
.DEFAULT_GOAL := help

CARGO ?= cargo
# Rows of evidence: `all`, or `ci` for one row of each.
ROWS ?= all
# Length of the load measurement, in seconds.
SECONDS_OF_LOAD ?= 90
# Releases of etcd that the tests run; a release that cannot be had fails here, in one sentence.
RELEASES_TESTED = 3.5.1 3.5.16 3.5.30

# Where Cargo builds: CARGO_TARGET_DIR and Cargo's own configuration may move it.
TARGET = $(shell $(CARGO) metadata --format-version 1 --no-deps --locked \
	| sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')

# protoc stays below the repository wherever Cargo builds, because .cargo/config.toml
# names it relative to itself.
PROTOC_READY = target/protoc/.ready

# The release in the image of etcd, and how the binary in the image of Stormglass is optimised:
# `quick` where only the image is tested.
IMAGE_ETCD ?= 3.5.16
STATIC_PROFILE ?= release
HOST = $(shell rustc --version --verbose | sed -n 's/^host: //p')
STATIC = target/static

.PHONY: help setup build static image demo test lint lint-pipelines gallery readme install evidence-checkers evidence-demo \
	evidence-docker evidence-faults evidence-images evidence-kills evidence-load evidence-report \
	evidence-scenarios evidence-storm evidence-switch

help: ## List what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 24

setup: $(PROTOC_READY) ## Put protoc and its well-known protos into target/protoc (no root)

$(PROTOC_READY): harness/protoc/Cargo.toml harness/protoc/src/main.rs
	@$(CARGO) run --quiet --locked --package stormglass-protoc -- target/protoc
	@touch $@

# One invocation for program and examples, with the same features as the tests: nothing
# is compiled twice.
build: setup ## Build the program, and the programs behind demo and evidence
	@$(CARGO) build --locked --bins --examples

# With --target, build scripts and macros are not static: macros cannot be.
static: setup ## Build one static binary, target/static/stormglass (6 minutes)
	@RUSTFLAGS='-C target-feature=+crt-static' $(CARGO) build --locked --package stormglass \
	  --bin stormglass --profile $(STATIC_PROFILE) --target $(HOST)
	@mkdir -p $(STATIC)
	@cp $(TARGET)/$(HOST)/$(STATIC_PROFILE:dev=debug)/stormglass $(STATIC)/stormglass

image: static ## Build the images of etcd and of Stormglass that docker/compose.yaml runs
	@$(STATIC)/stormglass etcd image $(IMAGE_ETCD) --tag stormglass/etcd:local
	@docker build --file docker/stormglass.Dockerfile --tag stormglass:local $(STATIC)

demo: build ## Find a data bug in etcd 3.5.1, then none in a fixed release
	@$(TARGET)/debug/examples/demo

# What the tests need and Cargo cannot build. The warning is repeated at the end, where
# it is seen.
define NO_CHROMIUM
test_browser() { \
  for name in chromium chromium-browser google-chrome; do \
    command -v $$name >/dev/null 2>&1 && return 0; \
  done; \
  return 1; \
}; \
warn_browser() { \
  test_browser && return 0; \
  printf '%s\n' \
    '+----------------------------------------------------------------------+' \
    '|  NOT TESTED: the report was not drawn, because there is no Chromium. |' \
    '|  Install it (Debian: package chromium) and run make test again.      |' \
    '+----------------------------------------------------------------------+' >&2; \
};
endef

define NO_ENGINE
warn_engine() { \
  $(TARGET)/debug/stormglass list faults --target docker \
    | sed -n 's/^kill is not available here/NOT TESTED: members in containers/p' >&2; \
};
endef

test: build ## Run all tests, with real etcd processes
	@$(TARGET)/debug/stormglass etcd install $(RELEASES_TESTED)
	@$(NO_CHROMIUM) $(NO_ENGINE) warn_browser; warn_engine; \
	if $(CARGO) nextest --version >/dev/null 2>&1; then \
	  profile=default; [ "$$CI" = true ] && profile=ci; \
	  $(CARGO) nextest run --locked --profile $$profile; \
	else \
	  $(CARGO) test --locked --no-fail-fast; \
	fi; \
	status=$$?; warn_browser; warn_engine; exit $$status

lint: setup ## Check format, lints, licences and sources of dependencies
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	@$(CARGO) deny --locked check --hide-inclusion-graph bans licenses sources

# Two parsers of GitHub's files, from Python's index: the formats, and what is unsafe in them.
PIPELINE_TOOLS = check-jsonschema==0.39.0 zizmor==1.32.0
VENV = target/pipelines

lint-pipelines: ## Check the action and the workflows (needs python3 with venv)
	@mkdir -p target && python3 -m venv $(VENV) && $(VENV)/bin/pip install --quiet $(PIPELINE_TOOLS)
	@$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-actions action.yml
	@$(VENV)/bin/zizmor --offline --quiet --min-severity medium action.yml .github/workflows

gallery: build ## Draw the reports and pictures of docs/ again; find what is missing (needs Chromium)
	@$(TARGET)/debug/examples/gallery
	@$(TARGET)/debug/examples/pictures docs/gallery docs/pictures

readme: build ## Write the table of scenarios into the README
	@$(TARGET)/debug/examples/readme

install: setup ## Put stormglass on the path (~/.cargo/bin)
	@$(CARGO) install --locked --path harness

# What is about speed, or takes hours, is measured with the program that `make install`
# installs; a row for CI takes the one that is built already.
PROFILE = $(if $(filter ci,$(ROWS)),dev,release)

evidence-demo: build ## Regenerate evidence/demo.json (about 40 minutes; ROWS=ci: 2 minutes)
	@$(TARGET)/debug/examples/evidence demo --rows $(ROWS)

evidence-storm: build ## Regenerate evidence/storm.json (about two hours; ROWS=ci: a minute)
	@$(TARGET)/debug/examples/evidence storm --rows $(ROWS)

evidence-scenarios: build ## Regenerate evidence/scenarios.json (an hour; ROWS=ci: a minute)
	@$(TARGET)/debug/examples/evidence scenarios --rows $(ROWS)

evidence-faults: build ## Regenerate evidence/faults.json (about 20 minutes; ROWS=ci: a minute)
	@$(TARGET)/debug/examples/evidence faults --rows $(ROWS)

evidence-kills: build ## Regenerate evidence/kills.json (about 20 minutes; ROWS=ci: a minute)
	@$(TARGET)/debug/examples/evidence kills --rows $(ROWS)

evidence-docker: build ## Regenerate evidence/docker.json (15 minutes, root, a container engine; ROWS=ci: a minute)
	@$(TARGET)/debug/examples/evidence docker --rows $(ROWS)

evidence-images: build image ## Regenerate evidence/images.json (a static build, then a minute)
	@$(TARGET)/debug/examples/evidence images --rows $(ROWS)

evidence-load: setup ## Regenerate evidence/load.json (two minutes and a release build)
	@$(CARGO) build --locked --profile $(PROFILE) --bins --examples
	@$(TARGET)/$(PROFILE:dev=debug)/examples/evidence load --rows $(ROWS) \
	  --seconds $(SECONDS_OF_LOAD)

evidence-report: setup ## Regenerate evidence/report.json (a minute and a release build; needs Chromium)
	@$(CARGO) build --locked --profile $(PROFILE) --bins --examples
	@$(TARGET)/$(PROFILE:dev=debug)/examples/evidence report --rows $(ROWS)

evidence-switch: setup ## Regenerate evidence/switch.json (four minutes and a release build)
	@$(CARGO) build --locked --profile $(PROFILE) --bins --examples
	@$(TARGET)/$(PROFILE:dev=debug)/examples/evidence switch --rows $(ROWS)

evidence-checkers: setup ## Regenerate evidence/checkers.json (about 75 minutes; ROWS=ci: 3 minutes)
	@$(CARGO) build --locked --profile $(PROFILE) --bins --examples
	@$(TARGET)/$(PROFILE:dev=debug)/examples/evidence checkers --rows $(ROWS)
