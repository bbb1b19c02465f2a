#!/usr/bin/env bash
# The end-to-end test: deploys template.yaml, unchanged but for the place of the code, with the programs of a real stack, less
# optimised, to an AWS emulator on loopback, and tests the deployed product. docs/deploy.md describes the test. It needs Python
# 3.11, Node, a C compiler and cargo. It stores its Python environment in ~/.cache, and prints a summary as its last line. `--keep`
# keeps the working folder with the functions' log, and `--build` only builds.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

. infra/tools/python.sh
venv=$(python_venv "$here")

work=$(mktemp -d)
if [ "${1:-}" = --keep ]; then echo "working folder: $work"; else trap 'rm -rf "$work"' EXIT; fi

# The target is named as cargo-lambda names it, so that the check of the packaging and this test share their builds.
machine=$(rustc -vV | sed -n 's/^host: //p')
cargo build --quiet --profile e2e --target "$machine" --features lambda --package 'custodian-fn-*'

# Built with the flags of `cargo test --workspace`, so that both share the artifacts.
suites=(authorization events webhooks identity idempotency resources validation specification)
test_flags=()
for suite in "${suites[@]}"; do test_flags+=(--test "$suite"); done
cargo test --quiet --workspace --no-run --message-format=json "${test_flags[@]}" >"$work/cargo-messages.json"
if [ "${1:-}" = --build ]; then exit; fi

cc -shared -fPIC -O2 -Wall -Wextra -o "$work/clock.so" "$here/clock.c" -ldl
head -c 8 /dev/zero >"$work/clock"

target=${CARGO_TARGET_DIR:-$root/target}
CUSTODIAN_CLOCK=$work/clock LD_PRELOAD=$work/clock.so AWS_DEFAULT_REGION=eu-central-1 \
    AWS_EC2_METADATA_DISABLED=true PYTHONDONTWRITEBYTECODE=1 \
    "$venv/bin/python" "$here/run.py" "$root" "$work" "$target/$machine/e2e" "$work/cargo-messages.json"
