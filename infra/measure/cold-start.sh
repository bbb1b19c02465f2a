#!/usr/bin/env bash
# Measures how long every HTTP function takes from the start of its process to its first answer, beside a Rust function
# that says hello, with and without the SDK, and beside the same job in Node and in Python. Prints a table.
#
# infra/measure/cold-start.sh [<folder of the functions' programs> [<option of cold-start>...]]
#
# Without a folder the functions are built, which takes a while: each is linked with link-time optimisation. With one, the
# programs of that folder are measured: what `cargo lambda build --release` left in target/lambda, say.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
target=${CARGO_TARGET_DIR:-target}
functions=${1:-}
[ $# -eq 0 ] || shift

# The peers in other languages, installed once, for as long as what they require stays the same.
peers=$PWD/infra/peers
cache=${XDG_CACHE_HOME:-$HOME/.cache}
. infra/python.sh
python=$(python_of "$peers/python")
version=$(cksum < "$peers/node/package-lock.json" | cut -d ' ' -f 1)
node=$cache/custodian-node/$version
if [ ! -e "$node/complete" ]; then
    mkdir -p "$node"
    cp "$peers/node/package.json" "$peers/node/package-lock.json" "$node"
    npm ci --prefix "$node" --silent --no-audit --no-fund
    touch "$node/complete"
fi
cp "$peers/node/bootstrap.mjs" "$node"

if [ -z "$functions" ]; then
    cargo build --release --quiet --features lambda $(printf -- '--package custodian-fn-%s ' $(ls functions))
    functions=$target/release
fi
cargo build --release --quiet --features lambda --package custodian-peers
cargo run --release --quiet --package custodian-measure --bin cold-start -- \
    --functions "$functions" --peers "$target/release" \
    --job "Node $(node --version | tr -d v)=$(command -v node),$node/bootstrap.mjs" \
    --job "Python $("$python/bin/python" --version | cut -d ' ' -f 2)=$python/bin/python,$peers/python/bootstrap.py" \
    "$@"
