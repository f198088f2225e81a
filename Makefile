# Everything from a fresh Debian or Ubuntu machine: each target sets up what it needs (scripts/setup),
# builds what it runs, and says what it does. Run `make help`.
SHELL := /bin/bash
# TORCH=2.14.1 has a virtual environment and a build folder of its own.
TORCH ?=
VENV := .venv$(if $(TORCH),-$(TORCH))
BUILD ?= build$(if $(TORCH),-$(TORCH))
JOBS ?= $(shell nproc)
TIME ?=
SEED ?=
OUT ?= reports/out/$(if $(TORCH),torch-$(TORCH),latest)
.DEFAULT_GOAL := help
.PHONY: help setup configure build test conformance fuzz-run bench lint clean
# `make test bench` one after the other: both configure and build the same folder.
.NOTPARALLEL:

# Somebody's own LibTorch: CMAKE_PREFIX_PATH=/path/to/libtorch make ...
CONFIGURE := cmake -S . -B $(BUILD) -G Ninja "-DNORMDIFF_VENV=$(CURDIR)/$(VENV)" \
  $(if $(CMAKE_PREFIX_PATH),"-DCMAKE_PREFIX_PATH=$(subst :,;,$(CMAKE_PREFIX_PATH))")

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 16
	@echo
	@echo "build, conformance: install g++, cmake, ninja, ccache, libfmt, CLI11, nlohmann-json, toml++ and libuv,"
	@echo "and into .venv PyTorch, onnx, onnxscript and onnxruntime. In addition test installs GoogleTest and"
	@echo "clang-format from PyPI, bench libbenchmark, fuzz-run the newest clang that apt has. lint installs"
	@echo "clang-format, the newest clang-tidy and what the sources include, no PyTorch."
	@echo
	@echo "Variables: TIME=seconds (conformance 60, fuzz-run 30), SEED=number (of conformance; 1), JOBS, OUT,"
	@echo "TORCH=2.14.1 (another release of PyTorch, into .venv-2.14.1, built in build-2.14.1),"
	@echo "PYTHON=python3.12, CMAKE_PREFIX_PATH=your LibTorch, NORMDIFF_NO_VENV=1, LIBTORCH_DEV=1 (apt's"
	@echo "libtorch-dev too), and TORCH_INDEX=https://download.pytorch.org/whl/cpu, without which pip on the"
	@echo "open internet takes a build of torch with gigabytes of CUDA."

setup: ## Install what build needs
	@scripts/setup build

configure:
	@mkdir -p $(BUILD)
	@$(CONFIGURE) >$(BUILD)/configure.log 2>&1 || \
	  { tail -n 20 $(BUILD)/configure.log >&2; echo "make: cmake failed; see $(BUILD)/configure.log" >&2; exit 2; }
	@grep -E '^-- LibTorch' $(BUILD)/configure.log || true

build: setup ## Build build/bin/normdiff and a host for each LibTorch found
	@$(MAKE) --no-print-directory configure
	@cmake --build $(BUILD) --parallel $(JOBS) --target programs

test: ## All tests
	@scripts/setup build test
	@$(MAKE) --no-print-directory configure
	@cmake --build $(BUILD) --parallel $(JOBS) --target programs all_tests
	@ctest --test-dir $(BUILD) --output-on-failure --parallel 2

conformance: build ## Replay the corpus, a campaign on every subject found, the report
	@$(BUILD)/bin/normdiff run --corpus corpus --time $(or $(TIME),60)s $(if $(SEED),--seed $(SEED)) \
	  $(if $(TORCH),--subject libtorch@$(TORCH) --subject python@$(TORCH) --subject textbook) \
	  $(if $(NORMDIFF_NO_VENV),--without python) --jobs $(JOBS) --power --out $(OUT)

fuzz-run: ## Fuzz scenarios on LibTorch, plain and with ASan and UBSan
	@scripts/setup build fuzz
	@scripts/fuzz $(or $(TIME),30)

bench: ## What checking costs, as ratios
	@scripts/setup build bench
	@$(MAKE) --no-print-directory configure
	@cmake --build $(BUILD) --parallel $(JOBS) --target programs benchmarks
	@$(BUILD)/bin/normdiff bench

# Files that meet torch's headers are left out of clang-tidy: it would look into those for minutes.
SOURCES = $(shell git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp')
TIDY = $(filter-out harness/subjects/libtorch/% tests/harness/subjects/libtorch/% bench/% fuzz/%,\
  $(filter %.cpp,$(SOURCES)))
lint: ## clang-format and clang-tidy; TIDY=FILE looks at one file
	@scripts/setup lint
	@$(MAKE) --no-print-directory configure
	@$(VENV)/bin/clang-format --dry-run -Werror $(SOURCES)
	@printf '%s\n' $(TIDY) | xargs -P $(JOBS) -n 4 \
	  "$$(scripts/newest clang-tidy)" --quiet -p $(BUILD) --extra-arg=-Wno-unknown-warning-option 2>/dev/null

clean: ## Remove the build folder
	@rm -rf $(BUILD)
