#!/usr/bin/env bash
# Runs the nightly DAG for two dates, one after the other; fails unless both runs are green.
# Usage: airflow_demo.sh [DATE DATE]   over the folders that FUNDWATCH_VAR (default: var) names;
# without dates, the last two nights that lie in the landing folder
set -euo pipefail
source "$(dirname "$0")/airflow_env.sh"
export AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY=5 # a person is waiting
if [ $# -eq 0 ]; then
  # shellcheck disable=SC2046
  set -- $(find "${FUNDWATCH_LANDING:-$FUNDWATCH_VAR/landing}" -mindepth 1 -maxdepth 1 -name '????-??-??' -printf '%f\n' | sort | tail -n 2)
fi
if [ $# -eq 0 ]; then echo "no delivery lies in the landing folder; make some: fundwatch simulate --date 2026-03-31" >&2; exit 2; fi
log="$AIRFLOW_HOME/demo.log"
: >"$log"
airflow db migrate >>"$log" 2>&1 || { tail -n 20 "$log" >&2; echo "Airflow's database could not be made; see $log" >&2; exit 1; }
for date in "$@"; do
  started=$SECONDS
  if airflow dags test fundwatch_nightly "$date" >>"$log" 2>&1; then
    echo "night $date: green, $((SECONDS - started)) s"
  else
    grep -F '[error ' "$log" | tail -n 20 >&2 || true
    tail -n 20 "$log" >&2
    echo "night $date: failed; the whole log is in $log" >&2
    exit 1
  fi
done
