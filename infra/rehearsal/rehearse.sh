#!/usr/bin/env bash
# Deploys the unchanged template.yaml to an AWS on loopback, with the programs that a stack would run, and sees the product
# work: see docs/deploy.md. It needs Python 3.11, a C compiler and cargo, leaves a Python environment beside cargo's caches, and
# ends with one line. `--keep` keeps the working folder, where the functions' log is.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

. infra/python.sh
tools=$(python_of "$here")

work=$(mktemp -d)
if [ "${1:-}" = --keep ]; then echo "working in $work"; else trap 'rm -rf "$work"' EXIT; fi

# To optimise the programs themselves, even a little, takes 20 s of CPU for each of sixty; not to, 2.5 s. What they are made of
# is optimised as the profile says.
packages=()
for function in functions/*/; do
    name=custodian-fn-$(basename "$function")
    packages+=(--package "$name" --config "profile.rehearsal.package.$name.opt-level=0")
done
cargo build --quiet --profile rehearsal --features lambda "${packages[@]}"

# The suites are built as `cargo test --workspace` builds them, so that neither builds for itself.
suites=(access events kinds people refusals specification)
selected=()
for suite in "${suites[@]}"; do selected+=(--test "$suite"); done
cargo test --quiet --workspace --no-run --message-format=json "${selected[@]}" >"$work/built.json"

cc -shared -fPIC -O2 -Wall -Wextra -o "$work/clock.so" "$here/clock.c" -ldl
head -c 8 /dev/zero >"$work/clock"

target=${CARGO_TARGET_DIR:-$root/target}
CUSTODIAN_CLOCK=$work/clock LD_PRELOAD=$work/clock.so AWS_DEFAULT_REGION=eu-central-1 \
    AWS_EC2_METADATA_DISABLED=true PYTHONDONTWRITEBYTECODE=1 \
    "$tools/bin/python" "$here/rehearse.py" "$root" "$work" "$target/rehearsal" "$work/built.json"
