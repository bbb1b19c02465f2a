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

# The profile of the end-to-end test takes less time than the profile of deployments. All functions are selected, although one is
# built: cargo selects the features of dependencies for all selected packages, so this build and the build for the end-to-end
# test share their dependencies.
cargo lambda build --profile e2e $target --skip-target-check --package 'custodian-fn-*' --bin auth-unregister \
    --output-format zip
echo "auth-unregister by cargo-lambda: $(stat -c %s "$built/auth-unregister/bootstrap.zip") bytes zipped"

# SAM is installed for the template's check. cargo-lambda's target check would download a toolchain that is already installed.
sam=$(python_venv "$here/../template")/bin/sam
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '[build]\nskip_target_check = true\nprofile = "e2e"\n' > "$work/cargo-lambda.toml"
CARGO_LAMBDA_GLOBAL=$work/cargo-lambda.toml SAM_BUILD_MODE=debug SAM_CLI_TELEMETRY=0 "$sam" build AuthUnregisterFunction \
    --build-dir "$work/build" --parameter-overrides "Architecture=$architecture" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
[ -x "$work/build/AuthUnregisterFunction/bootstrap" ] || { echo "SAM built no bootstrap" >&2; exit 1; }
echo "auth-unregister by SAM: $(stat -c %s "$work/build/AuthUnregisterFunction/bootstrap") bytes"
