#!/usr/bin/env bash
# Walks through the pages of mailed links, the account page, the console and the reference in headless Chromium, and checks their
# states with axe-core. Arguments are those that walk.py and site.py share.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../infra/tools/node.sh"
packages=$(node_packages "$here")

cd "$here/../.."
# The tests wait for the service with a time limit, which must not include the build.
cargo build --quiet
for test in walk site; do
    python3 "$here/$test.py" --axe "$packages/node_modules/axe-core/axe.min.js" "$@"
done
