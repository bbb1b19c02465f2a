#!/usr/bin/env bash
# Checks docs/openapi.json against OpenAPI's own rules. That it is what the code says is checked by this crate's tests.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../python.sh"
tools=$(python_of "$here")

"$tools/bin/openapi-spec-validator" --schema 3.1 "$here/../../docs/openapi.json"
