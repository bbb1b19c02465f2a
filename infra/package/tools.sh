# Sourced: puts cargo-lambda on the PATH, installed once for as long as requirements.txt stays as it is.
version=$(cksum <"$here/requirements.txt" | cut -d ' ' -f 1)
tools=${XDG_CACHE_HOME:-$HOME/.cache}/custodian-package/$version
if [ ! -e "$tools/complete" ]; then
    python3 -m venv --clear "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    touch "$tools/complete"
fi
PATH=$tools/bin:$PATH
