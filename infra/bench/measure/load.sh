#!/usr/bin/env bash
# Load-tests the local service over HTTP, one route after the other, and prints a table. The service and wrk share this machine.
#
# infra/bench/measure/load.sh [<seconds per route> [<connections> [<profile> [<folder>]]]]
#
# The profile is `bench` (optimised) or `dev`, as `cargo run` builds it. With a folder, the data is on disk, else in memory.
set -euo pipefail

cd "$(dirname "$0")/../../.."
seconds=${1:-10}
connections=${2:-16}
profile=${3:-bench}
command -v wrk > /dev/null || { apt-get update -qq && apt-get install -y -qq wrk > /dev/null; }

cargo build --profile "$profile" --quiet
[ "$profile" = dev ] && output=debug || output=release
[ -n "${4:-}" ] && storage=(--data "$4") || storage=(--ephemeral)
log=$(mktemp)
"${CARGO_TARGET_DIR:-target}/$output/custodian" "${storage[@]}" --port 0 --admin-password "to be measured" --log-level warn \
    --sample > "$log" 2>&1 &
service=$!
trap 'kill "$service"; rm -f "$log"' EXIT
until grep -q 'Custodian on' "$log"; do
    kill -0 "$service" || { cat "$log"; exit 1; }
    sleep 0.1
done
python3 infra/bench/measure/load.py "$(grep -o 'http://[^ ]*' "$log" | head -1)" "$seconds" "$connections"
