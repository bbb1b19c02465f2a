#!/usr/bin/env bash
# Measures how long reads take in a function that runs already, beside the least function with the SDK. Prints a table.
#
# infra/measure/warm.sh [<folder of the functions' programs> [<option of warm>...]]
#
# Without a folder the functions are built.
set -euo pipefail

cd "$(dirname "$0")/../.."
. infra/measure/programs.sh

programs "${@:1:1}"
measure warm "${@:2}"
