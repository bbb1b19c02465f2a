#!/usr/bin/env bash
# Validates docs/openapi.json and docs/openapi-3.0.json as OpenAPI documents. The tests of this crate check that it matches the code.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../python.sh"
tools=$(python_venv "$here")

"$tools/bin/openapi-spec-validator" --schema 3.1 "$here/../../../docs/openapi.json"
"$tools/bin/openapi-spec-validator" --schema 3.0 "$here/../../../docs/openapi-3.0.json"
