#!/usr/bin/env bash
# Verifies a receipt with three programs that know nothing but the published keys: PyJWT, jose and custodianctl.
# Arguments: the file of the receipt, and the file of the key set.
set -euo pipefail

receipt=$(realpath "$1") keys=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

. infra/tools/python.sh
. infra/tools/node.sh
venv=$(python_venv "$here")
"$venv/bin/python" "$here/verify.py" "$receipt" "$keys"

packages=$(node_packages "$here")
node "$here/verify.mjs" "$receipt" "$keys" "$packages"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
custodianctl() { cargo run --quiet --package custodianctl -- "$@"; }
custodianctl receipt verify "$receipt" --keys "$keys" > "$work/proof"
# Another character in the last claim, the hash of the ledger. It is still in the alphabet of the encoding.
python3 - "$receipt" > "$work/changed" <<'PYTHON'
import sys
header, claims, signature = open(sys.argv[1]).read().strip().split(".")
print(".".join([header, claims[:-8] + ("B" if claims[-8] == "A" else "A") + claims[-7:], signature]))
PYTHON
if custodianctl receipt verify "$work/changed" --keys "$keys" > /dev/null 2>&1; then
    echo "custodianctl accepts a changed receipt" >&2
    exit 1
fi
echo "custodianctl verifies the receipt, and not a changed one"
