#!/usr/bin/env bash
# Builds and zips every function, and writes packed.yaml, a template for `sam deploy`. packed.yaml is written to the root
# folder, where SAM finds samconfig.toml.
#
#   infra/tools/package/package.sh [arm64|x86_64]
#
# Takes an hour on two cores, since every function is linked with thin LTO. Fails if a function exceeds the size limit.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
architecture=${1:-arm64}
case $architecture in
    arm64) target=--arm64 ;;
    x86_64) target=--x86-64 ;;
    *) echo "the architecture must be arm64 or x86_64, not $architecture" >&2 && exit 2 ;;
esac

. "$here/../python.sh"
PATH=$(python_venv "$here")/bin:$PATH
cd "$here/../../.."
cargo lambda build --release $target --skip-target-check --package 'custodian-fn-*' --output-format zip
python3 "$here/write_template.py" "${CARGO_TARGET_DIR:-target}/lambda" packed.yaml
