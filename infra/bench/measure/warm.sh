#!/usr/bin/env bash
# Measures warm reads of the functions and of the baseline `least`. Prints a table.
#
# infra/bench/measure/warm.sh [<folder of the functions' binaries> [<option of warm>...]]
#
# Builds the functions unless a folder with their binaries is given.
set -euo pipefail

cd "$(dirname "$0")/../../.."
. infra/bench/measure/programs.sh

build_programs "${@:1:1}"
measure warm "${@:2}"
