#!/usr/bin/env bash
# Checks the documents: every relative link leads somewhere, every code block in a shell's or a programming language is run or says
# why not, the receivers of webhooks work in three languages, and the shell blocks of the pages print in bash and zsh what the pages
# promise. The blocks run in a clean clone, so they need only files that git tracks. The build uses the checkout's target folder.
# Arguments are pages to run instead of all.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)

"$here/tests/documents/check.py"

if ! command -v zsh > /dev/null; then
    apt-get update -qq && apt-get install -y -qq zsh > /dev/null
fi
. "$here/infra/tools/python.sh"
recipes=$(python_venv "$here/tests/recipes")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet "$here" "$work/clone"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$here/target}
cd "$work/clone"
cargo build
tests/recipes/run.sh
PATH=$recipes/bin:$PATH tests/documents/run.py "$@"
