# Sourced. `python_venv <folder>` prints the path of a virtual environment with the packages of <folder>/requirements.txt. It is
# created once and reused until that file or the Python version changes. `set -e` has no effect inside a command substitution,
# so every step is chained with &&.
python_venv() {
    local venv
    venv=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-python/$({ python3 -VV && cat "$1/requirements.txt"; } | cksum | cut -d ' ' -f 1)
    [ -e "$venv/complete" ] ||
        { python3 -m venv --clear "$venv" &&
            "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$1/requirements.txt" >&2 &&
            touch "$venv/complete"; } || return
    echo "$venv"
}
