# `make` lists the targets. Every one runs on one machine, without privileges once `make setup` has run.
PYTHON := .venv/bin/python
REPORT := var/test/junit.xml
# a file is one worker's; pytest-xdist would begin with those of most tests, tests/longest.py with the longest
WORKERS := -n 2 --dist loadfile --no-loadscope-reorder
.DEFAULT_GOAL := help
.PHONY: help setup run test test-all test-fast lint types lock package s3-jars cluster-demo services-demo readme notebook airflow airflow-demo airflow-backfill clean

help: ## this list
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | awk -F '\t' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: ## everything fundwatch needs, into .venv and .jars; what is there already is skipped
	@bash scripts/setup.sh

run: setup ## the demonstration: simulated claims through the whole pipeline, results in var/
	.venv/bin/fundwatch demo --var var

test: setup lint types ## every check, and every test but the proofs that take minutes each
	@mkdir -p $(dir $(REPORT))
	$(PYTHON) -m pytest $(WORKERS) -m "not long" --junitxml=$(REPORT)

test-all: setup lint types ## every check and every test, the long proofs too: a cluster, Airflow for two nights, …
	@mkdir -p $(dir $(REPORT))
	$(PYTHON) -m pytest $(WORKERS) --hypothesis-profile=search --junitxml=$(REPORT)

test-fast: ## the inner loop: what needs neither Spark nor minutes
	$(PYTHON) -m pytest $(WORKERS) -m "not slow and not long"

lint: ## style and formatting
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: ## static types
	$(PYTHON) -m mypy

lock: ## resolve requirements.in into requirements.lock, keeping the versions that still fit
	UV_CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/uv pip compile -q requirements.in \
		--python-version 3.11 --generate-hashes --no-emit-index-url -o requirements.lock

package: ## for the executors of a cluster: dist/fundwatch-<version>.zip, and the packages it needs as an archive
	@bash scripts/package.sh

s3-jars: ## what Spark needs for a lake in an object store, into .jars/s3
	@$(PYTHON) -m scripts.fetch_jars s3 2>.venv/fetch-jars.log || { cat .venv/fetch-jars.log >&2; exit 1; }

cluster-demo: setup ## two nights on a real HDFS and a Spark cluster of this machine: the lists of one machine (LINES=24000)
	@$(PYTHON) -m scripts.fetch_jars hdfs 2>.venv/fetch-jars.log || { cat .venv/fetch-jars.log >&2; exit 1; }
	$(PYTHON) -m scripts.cluster_demo $(LINES)

notebook: setup ## JupyterLab on this machine with the notebooks, over the lake in var (or FUNDWATCH_VAR)
	.venv/bin/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/first_morning.ipynb

readme: ## run the demonstration and write what it prints into the README
	$(PYTHON) scripts/readme_demo.py

airflow: ## Airflow on this machine, its state in var/airflow
	@bash scripts/airflow.sh

airflow-demo: ## two nights of the nightly DAG over the lake of FUNDWATCH_VAR (default: var)
	@bash scripts/airflow_demo.sh

services-demo: setup ## two nights by Airflow on PostgreSQL beside an MLflow server on PostgreSQL, all on this machine
	@bash scripts/services_demo.sh

airflow-backfill: ## FIRST=2026-03-24 LAST=2026-03-31: run these past nights again in Airflow, in order
	@bash scripts/airflow_backfill.sh $(FIRST) $(LAST)

clean: ## caches and built files; .venv, .jars and var stay
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis spark-warehouse
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
