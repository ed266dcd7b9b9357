#!/usr/bin/env bash
# Runs past nights again, in order and one at a time, in the Airflow that `make airflow` has started.
# Usage: airflow_backfill.sh FIRST LAST [further options of `airflow backfill create`, like --dry-run]
set -euo pipefail
source "$(dirname "$0")/airflow_env.sh"
if [ $# -lt 2 ]; then echo "which nights? give FIRST and LAST, like 2026-03-24 2026-03-31" >&2; exit 2; fi
# a run is dated by the hour of its schedule, so the last day is given to its end; without a limit ten nights would start
# at once, and without the word to reprocess none that has run before
create() {
  airflow backfill create --dag-id fundwatch_nightly --from-date "$1" --to-date "$2T23:59:59" \
    --max-active-runs 1 --reprocess-behavior completed "${@:3}" 2>&1
}
# while its runs are made the DAG is paused: a scheduler that already works on runs of a try that fails would end with it
airflow dags pause fundwatch_nightly >/dev/null 2>&1 || true
trap 'airflow dags unpause fundwatch_nightly >/dev/null 2>&1 || echo "unpause fundwatch_nightly on its page" >&2' EXIT
# SQLite refuses a writer that another comes in between; what such a try leaves is swept by the scheduler within minutes
was_locked=
for _ in $(seq 20); do
  if told=$(create "$@"); then
    printf '%s\n' "$told" | tail -n 20
    exit 0
  fi
  case "$told" in
    *"database is locked"*) was_locked=yes ;;
    *"Another backfill is running"*) [ -n "$was_locked" ] || break ;;
    *) break ;;
  esac
  echo "Airflow's database was in use; trying again" >&2
  sleep 15
done
printf '%s\n' "$told" | tail -n 20 >&2
exit 1
