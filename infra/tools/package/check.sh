#!/usr/bin/env bash
# Packages one function in both documented ways: with cargo-lambda and with SAM. It needs no AWS account, and builds for this
# machine's architecture, so that it needs no cross-compiler.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../python.sh"
PATH=$(python_venv "$here")/bin:$PATH
cd "$here/../../.."
case $(uname -m) in
    x86_64) target=--x86-64 architecture=x86_64 ;;
    *) target=--arm64 architecture=arm64 ;;
esac
built=${CARGO_TARGET_DIR:-target}/lambda

# auth-unregister is one of the largest functions.
cargo lambda build --release $target --skip-target-check --package custodian-fn-auth-unregister --output-format zip
size=$(stat -c %s "$built/auth-unregister/bootstrap.zip")
[ "$size" -le 4000000 ] || { echo "auth-unregister is larger than 4 MB zipped: $size bytes" >&2; exit 1; }
echo "auth-unregister by cargo-lambda: $size bytes zipped"

# SAM is installed for the template's check. cargo-lambda's target check would download a toolchain that is already installed.
sam=$(python_venv "$here/../template")/bin/sam
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '[build]\nskip_target_check = true\n' > "$work/cargo-lambda.toml"
CARGO_LAMBDA_GLOBAL=$work/cargo-lambda.toml SAM_CLI_TELEMETRY=0 "$sam" build AuthUnregisterFunction --build-dir "$work/build" \
    --parameter-overrides "Architecture=$architecture" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
[ -x "$work/build/AuthUnregisterFunction/bootstrap" ] || { echo "SAM built no bootstrap" >&2; exit 1; }
echo "auth-unregister by SAM: $(stat -c %s "$work/build/AuthUnregisterFunction/bootstrap") bytes"
