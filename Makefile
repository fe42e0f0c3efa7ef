# Every target does its own set-up. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check docs bench faults
PY := .venv/bin/python
export PYTHON

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv with everything pinned in requirements.lock (PYTHON=... names another Python)
	@scripts/set_up

demo: setup ## a night on the sample: forecasts, alerts, orders and the report in out/demo
	@.venv/bin/fillrate demo

test: setup ## run the tests
	@scripts/install_browser || true # without a browser its tests are skipped, and say so
	@scripts/install_office || true # and without an office the one that opens the workbook in it
	@scripts/install_postgres || true # and without a database server those that read from one and write to it
	@scripts/install_object_store || true # nor a store, those of object storage
	@$(PY) -m pytest -n 2 --dist loadfile # files side by side, each file's tests in order

check: setup ## linters, strict types, one-way imports, and the project's own checks
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/mypy -p scripts -p benchmarks
	@.venv/bin/lint-imports --no-logo
	@$(PY) scripts/check_modules.py
	@$(PY) scripts/make_docs.py --check

faults: setup ## disturb a hundred nights and more: killed, on full disks, with damaged files, without their database or store
	@scripts/install_postgres || true
	@scripts/install_object_store || true
	@$(PY) -m scripts.faults

docs: setup ## write the reference pages anew from schemas and settings
	@$(PY) scripts/make_docs.py

bench: setup ## run the benchmarks on the public data sets, where those are present; peers first, and held against the committed ratios
	@if [ -d ../shared/data ]; then \
		failed=; \
		for bench in "benchmarks/bench_peers.py --check" $$(ls benchmarks/bench_*.py | grep -v bench_peers); do \
			echo "== $$bench"; $(PY) $$bench || failed="$$failed $$bench"; \
		done; \
		if [ -n "$$failed" ]; then echo "bench: failed:$$failed" >&2; exit 1; fi; \
	else \
		echo "bench: skipped: the data sets of the benchmarks are not part of the repository and ../shared/data is absent"; \
	fi
