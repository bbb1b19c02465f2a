# Sourced, in the project's root folder. `build_programs` builds the baselines and the functions as they are deployed. That
# takes long, because each function is linked with LTO. `build_programs <folder>` builds only the baselines, and uses the
# functions' binaries in <folder>. Both set `functions` and `baselines` to the folders of the binaries.
. infra/tools/python.sh

build_programs() {
    local cargo_lambda packages target
    cargo_lambda=$(python_venv infra/tools/package)/bin
    baselines=${CARGO_TARGET_DIR:-target}/lambda
    functions=${1:-$baselines}
    packages=(--package custodian-peers)
    [ $# -gt 0 ] || packages+=(--package 'custodian-fn-*')
    case $(uname -m) in
        x86_64) target=--x86-64 ;;
        *) target=--arm64 ;;
    esac
    PATH=$cargo_lambda:$PATH cargo lambda build --release --quiet $target --skip-target-check "${packages[@]}"
}

# Builds with the profile of the benchmarks, so that the measurements and the benchmarks share build artifacts.
measure() {
    cargo run --profile bench --quiet --package custodian-measure --bin "$1" -- \
        --functions "$functions" --baselines "$baselines" "${@:2}"
}
