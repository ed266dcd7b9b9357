# Sourced by the Airflow scripts: Airflow's state in the project, our DAGs alone, this machine alone, no calls home.
# The caller may set AIRFLOW_HOME, AIRFLOW__…, FUNDWATCH_* and FUNDWATCH_AIRFLOW_* beforehand.
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
absolute() { "$project/.venv/bin/python" -c 'import os, sys; print(os.path.abspath(sys.argv[1]))' "$1"; }
AIRFLOW_HOME=$(absolute "${AIRFLOW_HOME:-$project/var/airflow}")
export AIRFLOW_HOME
export AIRFLOW__CORE__DAGS_FOLDER="$project/dags"
export AIRFLOW__CORE__LOAD_EXAMPLES=False
export AIRFLOW__CORE__PARALLELISM="${AIRFLOW__CORE__PARALLELISM:-2}" # each task is a Spark; the default holds 32 workers
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False
# times without a zone, of the command line too, are the bureau's
export AIRFLOW__CORE__DEFAULT_TIMEZONE="${AIRFLOW__CORE__DEFAULT_TIMEZONE:-${FUNDWATCH_AIRFLOW_TIMEZONE:-Asia/Shanghai}}"

# Workers ask the API server for everything: they are told where it listens, which is not only the default port.
export AIRFLOW__API__HOST="${AIRFLOW__API__HOST:-127.0.0.1}" # the default listens to all
export AIRFLOW__API__PORT="${AIRFLOW__API__PORT:-8080}"
case "$AIRFLOW__API__HOST" in
  0.0.0.0 | "::" | "") airflow_host=127.0.0.1 ;;
  *:*) airflow_host="[$AIRFLOW__API__HOST]" ;;
  *) airflow_host="$AIRFLOW__API__HOST" ;;
esac
airflow_here="http://$airflow_host:$AIRFLOW__API__PORT"
export AIRFLOW__API__BASE_URL="${AIRFLOW__API__BASE_URL:-$airflow_here}"
airflow_path=$(sed -E 's#^[a-z]+://[^/]*##; s#/+$##' <<<"$AIRFLOW__API__BASE_URL") # behind a proxy there may be one
export AIRFLOW__CORE__EXECUTION_API_SERVER_URL="${AIRFLOW__CORE__EXECUTION_API_SERVER_URL:-$airflow_here$airflow_path/execution/}"
# beside a Spark that takes all cores the API server may answer late, and a task is not lost for it (the default: 5 s)
export AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT="${AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT:-60}"
# SQLite has one writer at a time: who comes second waits for longer than the five seconds of its default
export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="${AIRFLOW__DATABASE__SQL_ALCHEMY_CONN:-sqlite:///$AIRFLOW_HOME/airflow.db?timeout=60}"
export NO_PROXY="${NO_PROXY:+$NO_PROXY,}$airflow_host" no_proxy="${no_proxy:+$no_proxy,}$airflow_host"

# tasks run in a folder of their own: a relative path would end there
FUNDWATCH_VAR=$(absolute "${FUNDWATCH_VAR:-$project/var}")
export FUNDWATCH_VAR
if [ -z "${FUNDWATCH_SETTINGS:-}" ] && [ -f "$project/fundwatch.yaml" ]; then
  export FUNDWATCH_SETTINGS="$project/fundwatch.yaml"
fi
export PATH="$project/.venv/bin:$PATH"
mkdir -p "$AIRFLOW_HOME"
