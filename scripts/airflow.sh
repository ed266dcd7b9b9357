#!/usr/bin/env bash
# Airflow on this machine (scheduler, API server, DAG processor, triggerer; SQLite). Ctrl-C ends it.
set -euo pipefail
source "$(dirname "$0")/airflow_env.sh"
echo "Airflow: http://localhost:${AIRFLOW__API__PORT:-8080}  user: admin"
echo "password: in $AIRFLOW_HOME/simple_auth_manager_passwords.json.generated once it is up"
echo "claims and lake: $FUNDWATCH_VAR"

# Its parts do not all end when Ctrl-C reaches each of them at once: they get a process group of their own, their
# parent alone is told, and what is left after a while is killed. State is in the database and the lake.
set -m
airflow standalone &
airflow=$!
stop() {
  trap '' INT TERM
  echo "stopping Airflow"
  kill -INT "$airflow" 2>/dev/null || true
  for _ in $(seq 20); do
    kill -0 "$airflow" 2>/dev/null || break
    sleep 1
  done
  kill -KILL -- "-$airflow" 2>/dev/null || true
  exit 130
}
trap stop INT TERM
wait "$airflow"
