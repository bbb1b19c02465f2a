# Sourced, in the project's folder. `programs [<folder>]` builds what functions are measured beside and, unless their programs
# are in <folder>, the functions: as they are deployed, which takes a while, since each is linked with link-time optimisation.
# Afterwards `functions` and `peers` are the folders of the one and the other.
. infra/python.sh

programs() {
    local lambda wanted target
    lambda=$(python_of infra/package)/bin
    peers=${CARGO_TARGET_DIR:-target}/lambda
    functions=${1:-$peers}
    wanted=(--package custodian-peers)
    [ $# -gt 0 ] || wanted+=(--package 'custodian-fn-*')
    case $(uname -m) in
        x86_64) target=--x86-64 ;;
        *) target=--arm64 ;;
    esac
    PATH=$lambda:$PATH cargo lambda build --release --quiet $target --skip-target-check "${wanted[@]}"
}

# Built alike with the benches, so that no other build waits for the linker.
measure() {
    cargo run --profile bench --quiet --package custodian-measure --bin "$1" -- \
        --functions "$functions" --peers "$peers" "${@:2}"
}
