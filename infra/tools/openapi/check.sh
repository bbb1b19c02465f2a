#!/usr/bin/env bash
# Validates docs/openapi.json as an OpenAPI document. The tests of this crate check that it matches the code.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../python.sh"
tools=$(python_venv "$here")

"$tools/bin/openapi-spec-validator" --schema 3.1 "$here/../../../docs/openapi.json"
