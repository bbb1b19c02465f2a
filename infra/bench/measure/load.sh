#!/usr/bin/env bash
# Load-tests the local service over HTTP, one route after the other, and prints a table. The service and wrk share this machine.
#
# infra/bench/measure/load.sh [<seconds per route> [<connections>]]
set -euo pipefail

cd "$(dirname "$0")/../../.."
seconds=${1:-10}
connections=${2:-16}
command -v wrk > /dev/null || { apt-get update -qq && apt-get install -y -qq wrk > /dev/null; }

cargo build --profile bench --quiet
log=$(mktemp)
"${CARGO_TARGET_DIR:-target}/release/custodian" --ephemeral --port 0 --admin-password "to be measured" --sample > "$log" 2>&1 &
service=$!
trap 'kill "$service"; rm -f "$log"' EXIT
until grep -q 'Custodian on' "$log"; do
    kill -0 "$service" || { cat "$log"; exit 1; }
    sleep 0.1
done
python3 infra/bench/measure/load.py "$(grep -o 'http://[^ ]*' "$log" | head -1)" "$seconds" "$connections"
