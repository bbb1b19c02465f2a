#!/usr/bin/env bash
# Receives webhooks with the published library of Standard Webhooks, on the service that `cargo build` has made.
# The library is installed once, for as long as requirements.txt stays as it is.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=$(cksum <"$here/requirements.txt" | cut -d ' ' -f 1)
tools=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-python/$version
if [ ! -e "$tools/complete" ]; then
    python3 -m venv --clear "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    touch "$tools/complete"
fi

cd "$here/.."
"$tools/bin/python" "$here/standard_webhooks.py"
