# Sourced. `node_packages <folder>` prints the path of a folder whose `node_modules` has the packages of <folder>/package-lock.json. It
# is created once and reused until that file changes. `set -e` has no effect inside a command substitution, so every step is chained
# with &&.
node_packages() {
    local packages
    packages=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-node/$(cksum < "$1/package-lock.json" | cut -d ' ' -f 1)
    [ -e "$packages/complete" ] ||
        { mkdir -p "$packages" &&
            cp "$1/package.json" "$1/package-lock.json" "$packages" &&
            npm ci --prefix "$packages" --silent --no-audit --no-fund >&2 &&
            touch "$packages/complete"; } || return
    echo "$packages"
}
