#!/usr/bin/env bash
# Measures the cold start of every HTTP function, of Rust baselines with and without the SDK, and of ports of one function to
# Node and Python. Prints a table.
#
# infra/bench/measure/cold-start.sh [<folder of the functions' binaries> [<option of cold-start>...]]
#
# Builds the functions unless a folder with their binaries is given, for example target/lambda after
# `cargo lambda build --release`.
set -euo pipefail

cd "$(dirname "$0")/../../.."
. infra/bench/measure/programs.sh

# The packages of the ports are installed once and reused until the lock file changes.
ports=$PWD/infra/bench/peers
python=$(python_venv "$ports/python")
lock_sum=$(cksum < "$ports/node/package-lock.json" | cut -d ' ' -f 1)
node=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-node/$lock_sum
if [ ! -e "$node/complete" ]; then
    mkdir -p "$node"
    cp "$ports/node/package.json" "$ports/node/package-lock.json" "$node"
    npm ci --prefix "$node" --silent --no-audit --no-fund
    touch "$node/complete"
fi
cp "$ports/node/bootstrap.mjs" "$node"

build_programs "${@:1:1}"
measure cold-start \
    --port "Node $(node --version | tr -d v)=$(command -v node),$node/bootstrap.mjs" \
    --port "Python $("$python/bin/python" --version | cut -d ' ' -f 2)=$python/bin/python,$ports/python/bootstrap.py" \
    "${@:2}"
