#!/usr/bin/env bash
# Builds the wheel and copies it to .zip: executors import from a .zip, not from a .whl. The packages that executors
# need besides go into an archive for spark.archives.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf build dist # a file deleted from the tree would live on in build/ and so in the wheel
log=$(mktemp)
trap 'rm -rf build "$log"' EXIT
# setuptools warns at length of folders that hold data alone, which is what they are for
.venv/bin/python -m build --wheel --no-isolation >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
version=$(.venv/bin/python -c 'import fundwatch; print(fundwatch.__version__)')
cp dist/fundwatch-"$version"-*.whl "dist/fundwatch-$version.zip"
echo "dist/fundwatch-$version.zip"
.venv/bin/python -m scripts.pack_environment dist/environment.tar.gz
