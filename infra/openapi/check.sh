#!/usr/bin/env bash
# Checks docs/openapi.json against OpenAPI's own rules. That it is what the code says is checked by this crate's tests.
# The tool is installed once, for as long as requirements.txt stays as it is.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=$(cksum <"$here/requirements.txt" | cut -d ' ' -f 1)
tools=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-python/$version
if [ ! -e "$tools/complete" ]; then
    python3 -m venv --clear "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    touch "$tools/complete"
fi

"$tools/bin/openapi-spec-validator" --schema 3.1 "$here/../../docs/openapi.json"
