#!/usr/bin/env bash
# Receives webhooks with the published library of Standard Webhooks, on the service that `cargo build` has made.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../infra/python.sh"
tools=$(python_of "$here")

cd "$here/.."
"$tools/bin/python" "$here/standard_webhooks.py"
