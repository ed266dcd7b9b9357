#!/usr/bin/env bash
# Airflow on this machine (scheduler, API server, DAG processor, triggerer; SQLite). Ctrl-C ends it.
# Not `airflow standalone`: that has no way to keep its log servers from listening on every address. Logs are read from
# the disk here, so there are none.
set -euo pipefail
source "$(dirname "$0")/airflow_env.sh"
echo "Airflow: $AIRFLOW__API__BASE_URL  user: admin"
echo "password: in $AIRFLOW_HOME/simple_auth_manager_passwords.json.generated once it is up"
echo "claims and lake: $FUNDWATCH_VAR"
airflow db migrate >"$AIRFLOW_HOME/migrate.log" 2>&1 ||
  { tail -n 20 "$AIRFLOW_HOME/migrate.log" >&2; echo "Airflow's database could not be made; see $AIRFLOW_HOME/migrate.log" >&2; exit 1; }

# Its parts do not all end when Ctrl-C reaches each of their processes at once, and their tasks have process groups of
# their own: each part is a session, the first process of which alone is told, and what is left after a while is killed.
# State is in the database and the lake.
own_session='import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell switches off for what it starts beside itself
os.setsid()
os.execvp(sys.argv[1], sys.argv[1:])'
parts=()
start() {
  "$project/.venv/bin/python" -c "$own_session" airflow "$@" > >(sed -u "s/^/$1 | /") 2>&1 &
  parts+=($!)
}
stop() {
  trap '' INT TERM
  echo "stopping Airflow"
  kill -TERM "${parts[@]}" 2>/dev/null || true
  for second in $(seq 20); do
    kill -0 "${parts[@]}" 2>/dev/null || break
    [ "$second" -ne 5 ] || kill -TERM "${parts[@]}" 2>/dev/null || true # told twice, the scheduler waits for no task
    sleep 1
  done
  for part in "${parts[@]}"; do pkill -KILL -s "$part" || true; done
  exit "$1"
}
trap 'stop 130' INT TERM
start api-server
start scheduler --skip-serve-logs
start dag-processor
start triggerer --skip-serve-logs
wait -n || true
echo "a part of Airflow ended by itself; its last words are above" >&2
stop 1
