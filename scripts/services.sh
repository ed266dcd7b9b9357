#!/usr/bin/env bash
# The services beside fundwatch on one machine: PostgreSQL with a database each for Airflow and MLflow, and MLflow's server.
# Usage: services.sh start|stop   their state in SERVICES_HOME (default: var/services)
set -euo pipefail
source "$(dirname "$0")/services_env.sh"
data="$SERVICES_HOME/postgres"
refuse() { printf '%s\n' "$@" >&2; exit 2; }
# PostgreSQL refuses to run as root; Debian's package brings an account for it
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- env -C / "$@"; else "$@"; fi; }

[ -n "$postgres_bin" ] || {
  { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; } ||
    refuse "PostgreSQL is not installed here" "install Debian's package postgresql, or what your system calls it"
  echo "installing with apt-get: postgresql"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
  postgres_bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
}

make_database() {
  umask 077
  password=$("$project/.venv/bin/python" -c 'import secrets; print(secrets.token_urlsafe(24))')
  echo "127.0.0.1:$postgres_port:*:fundwatch:$password" >"$PGPASSFILE"
  mkdir -p "$data"
  [ "$(id -u)" != 0 ] || chown postgres: "$data"
  as_postgres test -w "$data" ||
    refuse "the account postgres cannot reach $data" "set SERVICES_HOME to a folder that it may enter"
  local told="$SERVICES_HOME/initdb.password"
  echo "$password" >"$told"
  [ "$(id -u)" != 0 ] || chown postgres: "$told"
  as_postgres "$postgres_bin/initdb" -D "$data" -U fundwatch -E UTF8 --locale=C.UTF-8 --auth=scram-sha-256 \
    --pwfile="$told" >"$SERVICES_HOME/initdb.log" 2>&1 || { rm -f "$told"; tail -n 5 "$SERVICES_HOME/initdb.log" >&2; exit 1; }
  rm -f "$told"
}

start() {
  (umask 077 && mkdir -p "$SERVICES_HOME")
  [ "$(id -u)" != 0 ] || chmod 711 "$SERVICES_HOME"
  as_postgres test -s "$data/PG_VERSION" || make_database
  if ! "$postgres_bin/pg_isready" -q -h 127.0.0.1 -p "$postgres_port"; then
    as_postgres "$postgres_bin/pg_ctl" -D "$data" -s -w -l "$data/log" \
      -o "-h 127.0.0.1 -p $postgres_port -k $data" start ||
      refuse "PostgreSQL does not start on port $postgres_port; its last words are in $data/log" \
        "set SERVICES_POSTGRES_PORT to a free one"
  fi
  for name in airflow mlflow; do
    [ "$(sql postgres "SELECT count(*) FROM pg_database WHERE datname = '$name'")" = 1 ] || sql postgres "CREATE DATABASE $name"
  done
  start_mlflow
  echo "PostgreSQL: 127.0.0.1:$postgres_port  MLflow: $FUNDWATCH_MLFLOW_URI"
}

start_mlflow() {
  ! answers || return 0
  MLFLOW_BACKEND_STORE_URI=$(database mlflow) MLFLOW_DISABLE_TELEMETRY=true setsid \
    "$project/.venv/bin/mlflow" server --host 127.0.0.1 --port "$mlflow_port" --workers 1 \
    --artifacts-destination "$SERVICES_HOME/artifacts" >"$SERVICES_HOME/mlflow.log" 2>&1 &
  echo $! >"$SERVICES_HOME/mlflow.pid"
  for _ in $(seq 180); do
    ! answers || return 0
    kill -0 "$(cat "$SERVICES_HOME/mlflow.pid")" 2>/dev/null || break
    sleep 1
  done
  tail -n 5 "$SERVICES_HOME/mlflow.log" >&2
  refuse "MLflow's server does not answer at $FUNDWATCH_MLFLOW_URI" "set SERVICES_MLFLOW_PORT to a free port, or read $SERVICES_HOME/mlflow.log"
}

answers() {
  "$project/.venv/bin/python" -c 'import sys, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(sys.argv[1] + "/health", timeout=5)' \
    "$FUNDWATCH_MLFLOW_URI" 2>/dev/null
}

stop_mlflow() {
  [ -f "$SERVICES_HOME/mlflow.pid" ] || return 0
  pkill -TERM -s "$(cat "$SERVICES_HOME/mlflow.pid")" || true
  for _ in $(seq 20); do answers || break; sleep 1; done
  pkill -KILL -s "$(cat "$SERVICES_HOME/mlflow.pid")" || true
  rm -f "$SERVICES_HOME/mlflow.pid"
}

case "${1:-}" in
  start) start ;;
  start-mlflow) start_mlflow ;;
  stop-mlflow) stop_mlflow ;;
  stop)
    stop_mlflow
    as_postgres "$postgres_bin/pg_ctl" -D "$data" -s -m fast stop
    ;;
  *) refuse "usage: services.sh start|stop|start-mlflow|stop-mlflow" ;;
esac
