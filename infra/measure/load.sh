#!/usr/bin/env bash
# Loads the local service over HTTP, route by route, and prints a table. The service and its load share this machine.
#
# infra/measure/load.sh [<seconds a route> [<connections>]]
set -euo pipefail

cd "$(dirname "$0")/../.."
seconds=${1:-10}
connections=${2:-16}
tools=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-tools
if ! [ -x "$tools/bin/oha" ]; then
    cargo install oha --quiet --locked --version 1.16.0 --root "$tools"
fi

cargo build --profile bench --quiet
log=$(mktemp)
"${CARGO_TARGET_DIR:-target}/release/custodian" --ephemeral --port 0 --admin-password "to be measured" --sample > "$log" 2>&1 &
service=$!
trap 'kill "$service"; rm -f "$log"' EXIT
until grep -q 'Custodian on' "$log"; do
    kill -0 "$service" || { cat "$log"; exit 1; }
    sleep 0.1
done
python3 infra/measure/load.py "$tools/bin/oha" "$(grep -o 'http://[^ ]*' "$log" | head -1)" "$seconds" "$connections"
