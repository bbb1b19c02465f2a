#!/usr/bin/env bash
# Builds every function for deployment, zipped, and packed.yaml, a template that `sam deploy` takes as it is. It lies where
# SAM finds samconfig.toml beside it.
#
#   infra/package/package.sh [arm64|x86_64]
#
# Thin LTO is paid once a function: an hour on two cores. Fails if a function is larger than it may be.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
architecture=${1:-arm64}
case $architecture in
    arm64) target=--arm64 ;;
    x86_64) target=--x86-64 ;;
    *) echo "arm64 or x86_64, not $architecture" >&2 && exit 2 ;;
esac

. "$here/../python.sh"
PATH=$(python_of "$here")/bin:$PATH
cd "$here/../.."
cargo lambda build --release $target --skip-target-check --package 'custodian-fn-*' --output-format zip
python3 "$here/packed.py" "${CARGO_TARGET_DIR:-target}/lambda" packed.yaml
