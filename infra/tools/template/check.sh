#!/usr/bin/env bash
# Checks template.yaml with SAM, cfn-lint and check.py, which has this project's own rules. Needs no AWS account.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../python.sh"
tools=$(python_venv "$here")

export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-eu-central-1} SAM_CLI_TELEMETRY=0
cd "$here/../../.."
"$tools/bin/sam" validate --template-file template.yaml
"$tools/bin/cfn-lint" template.yaml
"$tools/bin/python" "$here/check.py" template.yaml
