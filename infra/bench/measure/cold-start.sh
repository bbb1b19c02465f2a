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
. infra/tools/node.sh

# The packages of the ports are installed once and then reused.
ports=$PWD/infra/bench/peers
python=$(python_venv "$ports/python")
node=$(node_packages "$ports/node")
cp "$ports/node/bootstrap.mjs" "$node"

build_programs "${@:1:1}"
measure cold-start \
    --port "Node $(node --version | tr -d v)=$(command -v node),$node/bootstrap.mjs" \
    --port "Python $("$python/bin/python" --version | cut -d ' ' -f 2)=$python/bin/python,$ports/python/bootstrap.py" \
    "${@:2}"
