#!/usr/bin/env bash
# Receives the local service's webhooks with the receivers of docs/webhooks.md, in Python, Node and Rust.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../infra/tools/python.sh"
. "$here/../../infra/tools/node.sh"
venv=$(python_venv "$here")
packages=$(node_packages "$here")

cd "$here/../.."
"$venv/bin/python" "$here/run.py" --node-modules "$packages/node_modules"
