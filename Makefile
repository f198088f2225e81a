# Everything from a fresh Debian 12 machine: each target sets up what it needs (scripts/setup) and
# says what it does. Run `make help`.
SHELL := /bin/bash
BUILD ?= build
JOBS ?= $(shell nproc)
TIME ?=
SEED ?=
OUT ?= reports/out/latest
.DEFAULT_GOAL := help
.PHONY: help setup build test conformance fuzz-run bench lint clean

# Somebody's own LibTorch: CMAKE_PREFIX_PATH=/path/to/libtorch make ...
CONFIGURE := cmake -S . -B $(BUILD) -G Ninja \
  $(if $(CMAKE_PREFIX_PATH),"-DCMAKE_PREFIX_PATH=$(subst :,;,$(CMAKE_PREFIX_PATH))")

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 16
	@echo
	@echo "Variables: TIME=seconds (conformance 60, fuzz-run 30), SEED=number (of conformance; 1), JOBS,"
	@echo "OUT, CMAKE_PREFIX_PATH=your LibTorch, NORMDIFF_NO_VENV=1, LIBTORCH_DEV=1 (Debian's 1.13.1 too), and"
	@echo "TORCH_INDEX=https://download.pytorch.org/whl/cpu, without which pip on the open internet"
	@echo "takes a build of torch with gigabytes of CUDA."

setup: ## Install what is missing: Debian's packages, .venv
	@scripts/setup

build: setup ## Build build/bin/normdiff and a host for each LibTorch found
	@mkdir -p $(BUILD)
	@$(CONFIGURE) >$(BUILD)/configure.log 2>&1 || \
	  { tail -n 20 $(BUILD)/configure.log >&2; echo "make: cmake failed; see $(BUILD)/configure.log" >&2; exit 2; }
	@grep -E '^-- LibTorch' $(BUILD)/configure.log || true
	@cmake --build $(BUILD) --parallel $(JOBS)

test: build ## All tests
	@ctest --test-dir $(BUILD) --output-on-failure --parallel 2

conformance: build ## Replay the corpus, a campaign on every subject found, the report
	@$(BUILD)/bin/normdiff run --corpus corpus --time $(or $(TIME),60)s $(if $(SEED),--seed $(SEED)) --jobs $(JOBS) --power --out $(OUT)

fuzz-run: setup ## Fuzz scenarios on LibTorch, plain and with ASan and UBSan
	@scripts/fuzz $(or $(TIME),30)

bench: build ## What checking costs, as ratios
	@$(BUILD)/bin/normdiff bench

# Files that meet torch's headers are left out of clang-tidy: it would look into those for minutes.
SOURCES = $(shell git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp')
TIDY = $(filter-out harness/subjects/libtorch/% tests/harness/subjects/libtorch/% fuzz/%,\
  $(filter %.cpp,$(SOURCES)))
lint: build ## clang-format and clang-tidy
	@clang-format-16 --dry-run -Werror $(SOURCES)
	@printf '%s\n' $(TIDY) | xargs -P $(JOBS) -n 4 clang-tidy-16 --quiet -p $(BUILD) 2>/dev/null

clean: ## Remove the build folder
	@rm -rf $(BUILD)
