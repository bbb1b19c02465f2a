# Sourced. `python_of <folder>` tells where what <folder>/requirements.txt asks for is installed: once, for as long as that file
# and Python stay as they are. In a command substitution `set -e` does not hold, so every step is chained to the one before.
python_of() {
    local place
    place=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-python/$({ python3 -VV && cat "$1/requirements.txt"; } | cksum | cut -d ' ' -f 1)
    [ -e "$place/complete" ] ||
        { python3 -m venv --clear "$place" &&
            "$place/bin/pip" install --quiet --disable-pip-version-check --requirement "$1/requirements.txt" >&2 &&
            touch "$place/complete"; } || return
    echo "$place"
}
