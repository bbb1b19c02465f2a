#!/usr/bin/env bash
# Receives the local service's webhooks with the published library of Standard Webhooks.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../infra/tools/python.sh"
venv=$(python_venv "$here")

cd "$here/.."
"$venv/bin/python" "$here/standard_webhooks.py"
