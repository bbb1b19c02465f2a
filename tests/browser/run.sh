#!/usr/bin/env bash
# Walks through the pages in headless Chromium, and checks every page with axe-core. Arguments are those of walk.py.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
lock_sum=$(cksum < "$here/package-lock.json" | cut -d ' ' -f 1)
modules=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-node/$lock_sum
if [ ! -e "$modules/complete" ]; then
    mkdir -p "$modules"
    cp "$here/package.json" "$here/package-lock.json" "$modules"
    npm ci --prefix "$modules" --silent --no-audit --no-fund
    touch "$modules/complete"
fi

cd "$here/../.."
python3 "$here/walk.py" --axe "$modules/node_modules/axe-core/axe.min.js" "$@"
