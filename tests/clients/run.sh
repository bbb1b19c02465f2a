#!/usr/bin/env bash
# Generates clients from the description of the API in Python, TypeScript and Rust, compiles them, and runs each against the local
# service. Also runs a published client of the production API, unmodified.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../infra/tools/python.sh"
. "$here/../../infra/tools/node.sh"
venv=$(python_venv "$here")
packages=$(node_packages "$here")

cd "$here/../.."
"$venv/bin/python" "$here/run.py" --node-modules "$packages/node_modules"
