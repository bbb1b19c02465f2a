#!/usr/bin/env bash
# Measures how long every HTTP function takes from the start of its process to its first answer, beside a Rust function
# that says hello, with and without the SDK, and beside the same job in Node and in Python. Prints a table.
#
# infra/measure/cold-start.sh [<folder of the functions' programs> [<option of cold-start>...]]
#
# Without a folder the functions are built. With one, the programs of that folder are measured: what
# `cargo lambda build --release` left in target/lambda, say.
set -euo pipefail

cd "$(dirname "$0")/../.."
. infra/measure/programs.sh

# The peers in other languages, installed once, for as long as what they require stays the same.
others=$PWD/infra/peers
python=$(python_of "$others/python")
version=$(cksum < "$others/node/package-lock.json" | cut -d ' ' -f 1)
node=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-node/$version
if [ ! -e "$node/complete" ]; then
    mkdir -p "$node"
    cp "$others/node/package.json" "$others/node/package-lock.json" "$node"
    npm ci --prefix "$node" --silent --no-audit --no-fund
    touch "$node/complete"
fi
cp "$others/node/bootstrap.mjs" "$node"

programs "${@:1:1}"
measure cold-start \
    --job "Node $(node --version | tr -d v)=$(command -v node),$node/bootstrap.mjs" \
    --job "Python $("$python/bin/python" --version | cut -d ' ' -f 2)=$python/bin/python,$others/python/bootstrap.py" \
    "${@:2}"
