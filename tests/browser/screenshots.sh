#!/usr/bin/env bash
# Writes the screenshots of README.md and docs/ into docs/images, with headless Chromium. Arguments are those of screenshots.py
# but the folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 tests/browser/screenshots.py "$@" docs/images
