#!/usr/bin/env bash
# Makes .venv and .jars. Each step says what it does, and is skipped when its result is there already.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '[setup] %s\n' "$*"; }
refuse() { printf '[setup] %s\n' "$@" >&2; exit 2; }
digest() { cat "$@" | .venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'; }
stamped() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

# --- what the system must provide: Python 3.11 with venv, Java 17 or 21 ---------------------------------------

works_as_python() { [ "$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = 3.11 ]; }
# Debian's python3.11 without python3.11-venv imports venv, but not ensurepip
has_python() { works_as_python python3.11 && python3.11 -c 'import ensurepip, venv' 2>/dev/null; }
has_java() {
  local java=java version
  [ -z "${JAVA_HOME:-}" ] || java="$JAVA_HOME/bin/java"
  version=$("$java" -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p' | head -n 1) || true
  [ "$version" = 17 ] || [ "$version" = 21 ]
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}
may_install() {
  command -v apt-get >/dev/null 2>&1 || return 1
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

wanted=()
has_python || works_as_python .venv/bin/python || wanted+=(python3.11 python3.11-venv)
has_java || wanted+=(openjdk-17-jre-headless)
if [ ${#wanted[@]} -eq 0 ]; then
  say "Python 3.11 and Java: present"
elif may_install; then
  say "installing with apt-get: ${wanted[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}" \
    || refuse "apt-get could not install: ${wanted[*]}" "install Python 3.11 (with venv) and Java 17 or 21 by other means"
else
  refuse "missing here: ${wanted[*]} (Debian's names)" \
    "install Python 3.11 with venv and Java 17 or 21, on PATH or in JAVA_HOME, then run 'make setup' again"
fi
has_java || refuse "the java in use is not 17 or 21" "set JAVA_HOME to one that is"

# --- .venv: exactly what requirements.lock names --------------------------------------------------------------

if [ ! -e .venv ]; then
  say "making .venv"
  python3.11 -m venv .venv
fi
works_as_python .venv/bin/python || refuse ".venv/bin/python is not a working Python 3.11" "delete .venv and run 'make setup' again"

lock=$(digest requirements.lock)
if stamped .venv/.lock-stamp "$lock"; then
  say "packages of requirements.lock: present"
else
  if [ ! -x .venv/bin/uv ]; then
    say "installing uv as the lock pins it"
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    sed -n '/^uv==/,/^    # via/p' requirements.lock >.venv/uv-requirement.txt
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r .venv/uv-requirement.txt
  fi
  say "installing the packages of requirements.lock, compiled, so that the first run does not have to"
  .venv/bin/uv pip sync -q --compile-bytecode --python .venv/bin/python --require-hashes requirements.lock
  rm -f .venv/.project-stamp # the sync removed the project itself
  echo "$lock" >.venv/.lock-stamp
fi

project=$(digest setup.py pyproject.toml fundwatch/__init__.py)
if stamped .venv/.project-stamp "$project"; then
  say "fundwatch itself: present"
else
  say "installing fundwatch itself, editable"
  .venv/bin/uv pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .
  echo "$project" >.venv/.project-stamp
fi

# --- .jars: Delta for Spark -----------------------------------------------------------------------------------

# what Spark and its resolver say interests nobody unless it fails
.venv/bin/python scripts/fetch_jars.py 2>.venv/fetch-jars.log || { cat .venv/fetch-jars.log >&2; exit 1; }
# without it Spark starts all the same, only later
.venv/bin/python -m scripts.archive_classes 2>.venv/archive-classes.log || say "no archive of Java's classes was made: see .venv/archive-classes.log"
say "ready"
