#!/usr/bin/env bash
# Walks through the pages of mailed links, the account page and the console in headless Chromium, and checks every state with
# axe-core. Arguments are those that walk.py and site.py share.
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
for test in walk site; do
    python3 "$here/$test.py" --axe "$modules/node_modules/axe-core/axe.min.js" "$@"
done
