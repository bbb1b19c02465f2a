#!/usr/bin/env bash
# Validates docs/openapi.json and docs/openapi-3.0.json as OpenAPI documents, and checks them with the recommended rules of Spectral and
# of Redocly. A warning fails the check. The tests of this crate check that the documents match the code.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../python.sh"
. "$here/../node.sh"
tools=$(python_venv "$here")
packages=$(node_packages "$here")
docs=$(cd "$here/../../../docs" && pwd)
# The tools would look for a newer version of themselves, and report that they were used.
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

"$tools/bin/openapi-spec-validator" --schema 3.1 "$docs/openapi.json"
"$tools/bin/openapi-spec-validator" --schema 3.0 "$docs/openapi-3.0.json"

for document in "$docs/openapi.json" "$docs/openapi-3.0.json"; do
    "$packages/node_modules/.bin/spectral" lint --fail-severity hint --ruleset "$here/spectral.yaml" "$document"
    report=$("$packages/node_modules/.bin/redocly" lint --extends recommended --format json "$document" 2> /dev/null) || true
    printf '%s' "$report" | python3 -c '
import json, sys
problems = json.load(sys.stdin)["problems"]
for problem in problems:
    print(problem["ruleId"], problem["location"][0]["pointer"], problem["message"])
sys.exit(f"redocly: {len(problems)} problems" if problems else 0)'
done
