# Sourced by the Airflow scripts: Airflow's state in the project, our DAGs alone, no calls home.
# The caller may set AIRFLOW_HOME and FUNDWATCH_* beforehand.
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export AIRFLOW_HOME="${AIRFLOW_HOME:-$project/var/airflow}"
export AIRFLOW__CORE__DAGS_FOLDER="$project/dags"
export AIRFLOW__CORE__LOAD_EXAMPLES=False
export AIRFLOW__CORE__PARALLELISM="${AIRFLOW__CORE__PARALLELISM:-2}" # each task is a Spark; the default holds 32 workers
export AIRFLOW__API__HOST="${AIRFLOW__API__HOST:-127.0.0.1}"         # this machine alone; the default listens to all
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False
# tasks run in a folder of their own: a relative path would end there
FUNDWATCH_VAR=$("$project/.venv/bin/python" -c 'import os, sys; print(os.path.abspath(sys.argv[1]))' \
  "${FUNDWATCH_VAR:-$project/var}")
export FUNDWATCH_VAR
if [ -z "${FUNDWATCH_SETTINGS:-}" ] && [ -f "$project/fundwatch.yaml" ]; then
  export FUNDWATCH_SETTINGS="$project/fundwatch.yaml"
fi
export PATH="$project/.venv/bin:$PATH"
mkdir -p "$AIRFLOW_HOME"
