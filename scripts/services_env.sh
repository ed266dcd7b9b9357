# Sourced by the services' scripts: PostgreSQL under Airflow and under an MLflow server, all on this machine alone.
# The caller may set SERVICES_HOME (their folder) and the two ports of the next lines beforehand, and what airflow_env.sh names.
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SERVICES_HOME=$("$project/.venv/bin/python" -c 'import os, sys; print(os.path.abspath(sys.argv[1]))' "${SERVICES_HOME:-$project/var/services}")
postgres_port="${SERVICES_POSTGRES_PORT:-54329}"
mlflow_port="${SERVICES_MLFLOW_PORT:-5009}"
# the password stands in a file that its owner alone may read, and in no address and no list of processes
export PGPASSFILE="$SERVICES_HOME/pgpass"
database() { echo "postgresql+psycopg2://fundwatch@127.0.0.1:$postgres_port/$1"; }
AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=$(database airflow)
export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN
export AIRFLOW__CORE__EXECUTOR=LocalExecutor
export AIRFLOW_HOME="${AIRFLOW_HOME:-$SERVICES_HOME/airflow}"
export FUNDWATCH_MLFLOW_URI="http://127.0.0.1:$mlflow_port"
postgres_bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
sql() { "$postgres_bin/psql" -h 127.0.0.1 -p "$postgres_port" -U fundwatch -X -q -A -t -d "$1" -c "$2"; }
