#!/usr/bin/env bash
# Packages one function in both documented ways, as far as that goes without an account: by cargo-lambda and by SAM. For
# this machine's own processors, so that no other toolchain is needed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../python.sh"
PATH=$(python_of "$here")/bin:$PATH
cd "$here/../.."
case $(uname -m) in
    x86_64) target=--x86-64 architecture=x86_64 ;;
    *) target=--arm64 architecture=arm64 ;;
esac
built=${CARGO_TARGET_DIR:-target}/lambda

# The largest: passwords, keys, jobs, the store.
cargo lambda build --release $target --skip-target-check --package custodian-fn-auth-unregister --output-format zip
size=$(stat -c %s "$built/auth-unregister/bootstrap.zip")
[ "$size" -le 4000000 ] || { echo "auth-unregister is larger than 4 MB, zipped: $size" >&2; exit 1; }
echo "auth-unregister by cargo-lambda: $size bytes, zipped"

# SAM's tools are those of the template's check. The target check would fetch a toolchain for what is here already.
sam=$(python_of "$here/../template-check")/bin/sam
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '[build]\nskip_target_check = true\n' > "$work/cargo-lambda.toml"
CARGO_LAMBDA_GLOBAL=$work/cargo-lambda.toml SAM_CLI_TELEMETRY=0 "$sam" build AuthUnregisterFunction --build-dir "$work/build" \
    --parameter-overrides "Architecture=$architecture" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
[ -x "$work/build/AuthUnregisterFunction/bootstrap" ] || { echo "SAM has built no bootstrap" >&2; exit 1; }
echo "auth-unregister by SAM: $(stat -c %s "$work/build/AuthUnregisterFunction/bootstrap") bytes"
