#!/usr/bin/env bash
# Checks template.yaml without an account: by SAM, by cfn-lint, and by check.py, which knows this project's own rules.
# The tools are installed once, for as long as requirements.txt stays as it is.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=$(cksum <"$here/requirements.txt" | cut -d ' ' -f 1)
tools=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-python/$version
if [ ! -e "$tools/complete" ]; then
    python3 -m venv --clear "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    touch "$tools/complete"
fi

export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-eu-central-1} SAM_CLI_TELEMETRY=0
cd "$here/../.."
"$tools/bin/sam" validate --lint --template-file template.yaml
"$tools/bin/cfn-lint" template.yaml
"$tools/bin/python" "$here/check.py" template.yaml
