#!/usr/bin/env bash
# Generates clients from the description of the API in Python, TypeScript and Rust, compiles them, and runs each against the local
# service. Also runs published clients of the production API, unmodified.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../infra/tools/python.sh"
venv=$(python_venv "$here")
lock_sum=$(cksum < "$here/package-lock.json" | cut -d ' ' -f 1)
modules=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-node/$lock_sum
if [ ! -e "$modules/complete" ]; then
    mkdir -p "$modules"
    cp "$here/package.json" "$here/package-lock.json" "$modules"
    npm ci --prefix "$modules" --silent --no-audit --no-fund
    touch "$modules/complete"
fi

cd "$here/../.."
"$venv/bin/python" "$here/run.py" --node-modules "$modules/node_modules"
