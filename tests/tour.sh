#!/usr/bin/env bash
# Runs the tour of README.md from a clean clone, against a service started with README.md's own command, and checks the results
# that README.md promises. The build uses the checkout's target folder, but only the files that git tracks.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)

fail() { echo "the tour failed: $1" >&2; cat "$work/err" "$work/tour" >&2 || true; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet "$here" "$work/clone"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$here/target}
cd "$work/clone"
cargo build
start=$(grep -m1 '^cargo run -- ' README.md)
# Job control gives cargo a process group of its own, so that the trap can stop its child processes, too.
set -m
# A free port instead of 8080, which may be in use.
eval "${start/cargo run --/cargo run --quiet -- --port 0}" > "$work/out" 2> "$work/err" &
runner=$!
set +m
trap 'kill -- "-$runner" 2> /dev/null || true; wait "$runner" 2> /dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    BASE=$(sed -n 's/^Custodian on //p' "$work/out")
    [ -n "$BASE" ] && curl -sf "$BASE/_local/health" > /dev/null && break
    kill -0 "$runner" 2> /dev/null || fail "the service exited"
    sleep 0.1
done
[ -n "$BASE" ] || fail "the service did not start"

sed -n '/<!-- tour -->/,/^```$/p' README.md | sed '1,2d;$d' > "$work/tour.sh"
[ -s "$work/tour.sh" ] || fail "README.md has no tour"
BASE=$BASE bash -eu "$work/tour.sh" > "$work/tour"

events=$(grep '^{"result":.*customer_erased' "$work/tour" | tail -n 1 | grep -o '"type":"customer_[a-z]*"' | sort | uniq -c | tr -s ' ' | paste -sd' ')
[ "$(grep -c '"name":"","detail":"","email":"".*"status":"deleted"' "$work/tour")" = 1 ] \
    || fail "the account is not deleted and anonymised"
case "$events" in
    *'3 "type":"customer_created"'*'1 "type":"customer_deleted"'*'2 "type":"customer_frozen"'*'1 "type":"customer_recovered"'*) ;;
    *) fail "unexpected events: $events" ;;
esac
grep -q '"plan":"basic","bytes":[0-9]*,"max_bytes":134217728,"resources":{"agents":{"count":10,"limit":50}' "$work/tour" || fail "the sample account has other counts"
grep -q '"name":"purge-' "$work/tour" || fail "no purge was scheduled"
grep -q '"state":"confirmed"' "$work/tour" || fail "the deletion is not confirmed"
echo "the tour of README.md produced the promised results"
