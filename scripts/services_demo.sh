#!/usr/bin/env bash
# Two nights by Airflow's scheduler on PostgreSQL, their lists told to an MLflow server on PostgreSQL, which is down for the
# second night and hears of it afterwards. Fails unless both nights are green and both lists are recorded.
# Usage: services_demo.sh   over the folders that FUNDWATCH_VAR (default: var/services/nights) names; a small delivery for
# each of two nights is simulated where none lies there
set -euo pipefail
here=$(dirname "$0")
source "$here/services_env.sh"
export FUNDWATCH_VAR="${FUNDWATCH_VAR:-$SERVICES_HOME/nights}"
source "$here/airflow_env.sh"
landing="${FUNDWATCH_LANDING:-$FUNDWATCH_VAR/landing}"
nights() { find "$landing" -mindepth 1 -maxdepth 1 -name '????-??-??' -printf '%f\n' 2>/dev/null | sort | tail -n 2; }
if [ -z "$(nights)" ]; then
  fundwatch simulate --date 2026-03-31 --nights 2 --lines 2000
  [ -e "$FUNDWATCH_VAR/keys" ] || fundwatch keys make
fi
read -r first second < <(nights | xargs)
[ -n "$second" ] || { echo "two nights are wanted in $landing" >&2; exit 2; }

finish() {
  local code=$?
  trap '' EXIT INT TERM
  [ -z "${airflow_pid:-}" ] || { kill -TERM "$airflow_pid" 2>/dev/null && wait "$airflow_pid"; } || true
  bash "$here/services.sh" stop || true
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM
bash "$here/services.sh" start
bash "$here/airflow.sh" >"$SERVICES_HOME/airflow.log" 2>&1 &
airflow_pid=$!

# how the runs of a night ended, as Airflow's database has it; a run bears the hour of its schedule, in UTC
state_of() {
  sql airflow "SELECT coalesce(max(state), 'none') FROM dag_run WHERE dag_id = 'fundwatch_nightly'
    AND (logical_date AT TIME ZONE '$AIRFLOW__CORE__DEFAULT_TIMEZONE')::date = '$1'" 2>/dev/null || echo none
}
wait_for() { # SECONDS COMMAND…
  local until=$((SECONDS + $1))
  until "${@:2}"; do
    [ "$SECONDS" -lt "$until" ] || { echo "waited in vain for: ${*:2}; see $SERVICES_HOME/airflow.log" >&2; exit 1; }
    kill -0 "$airflow_pid" 2>/dev/null || { tail -n 20 "$SERVICES_HOME/airflow.log" >&2; exit 1; }
    sleep 2
  done
}
knows_the_dag() { [ "$(sql airflow "SELECT count(*) FROM dag WHERE dag_id = 'fundwatch_nightly' AND NOT is_stale" 2>/dev/null)" = 1 ]; }
has_ended() { case "$(state_of "$1")" in success | failed) return 0 ;; *) return 1 ;; esac; }
has_no_backfill() { [ "$(sql airflow "SELECT count(*) FROM backfill WHERE completed_at IS NULL" 2>/dev/null)" = 0 ]; }
run_night() {
  local started=$SECONDS
  wait_for 300 has_no_backfill # the scheduler closes one some time after its last run
  bash "$here/airflow_backfill.sh" "$1" "$1" >>"$SERVICES_HOME/airflow.log" 2>&1
  wait_for 3600 has_ended "$1"
  echo "night $1: $(state_of "$1"), $((SECONDS - started)) s, LocalExecutor on PostgreSQL"
  [ "$(state_of "$1")" = success ]
}
recorded() { sql mlflow "SELECT count(*) FROM runs WHERE status = 'FINISHED' AND name LIKE '%$1%'"; }

wait_for 300 knows_the_dag
run_night "$first"
echo "MLflow has recorded the list of $first: $(recorded "$first")"
bash "$here/services.sh" stop-mlflow
run_night "$second"
lists="${FUNDWATCH_LISTS:-$FUNDWATCH_VAR/lists}"
echo "MLflow was down: the list of $second lies in $lists/$second, its note waits in the outbox: $(find "$lists/outbox" -name "$second.json" | wc -l)"
bash "$here/services.sh" start-mlflow
fundwatch publish --date "$second" >>"$SERVICES_HOME/airflow.log" 2>&1
echo "MLflow is up again and has recorded the list of $second: $(recorded "$second")"
[ "$(recorded "$first")" = 1 ] && [ "$(recorded "$second")" = 1 ] && [ -z "$(find "$lists/outbox" -name '*.json')" ]
