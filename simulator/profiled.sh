#!/usr/bin/env bash
# Builds the simulator for sweeps that take long: the release as it is, in an eighth to a quarter less time.
# It is compiled twice. The first counts how often each branch is taken while it plays other shifts than the bench does, and the
# second is laid out by these counts. A broken invariant ends the program at once: it has nothing that unwinding would save.
#
#   bash simulator/profiled.sh          # target/profiled/simulator
#   bash simulator/profiled.sh shifts   # and that bench, compiled so
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

host=$(rustc -vV | sed -n 's/^host: //p')
merge=$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata
profiled=${CARGO_TARGET_DIR:-target}/profiled
mkdir -p "$profiled"
# The compiler and the program look for it from folders of their own.
profiled=$(cd "$profiled" && pwd)
counts=$profiled/counts

if ! [ -x "$merge" ]; then
    say "Installing the compiler's llvm-tools, once"
    if ! command -v rustup >/dev/null; then
        echo "there is no $merge, and no rustup to install it: it is of the Rust component llvm-tools" >&2
        exit 1
    fi
    rustup component add llvm-tools
fi

# The host is named so that build scripts and procedural macros, which run while it is compiled, are none of it.
compiled() {
    local flags=$1 dir=$2 command=$3
    shift 3
    RUSTFLAGS="${RUSTFLAGS:-} -Cpanic=abort $flags" CARGO_INCREMENTAL=0 cargo "$command" \
        --locked --package simulator --target "$host" --target-dir "$profiled/$dir" "$@"
}

# A bench is compiled with the program, of the same crates: counts of others would not fit it.
if [ $# -gt 0 ]; then
    counting=(bench --bench "$1" --no-run)
    laid_out=(bench --bench "$@")
else
    counting=(build --release --bin simulator)
    laid_out=("${counting[@]}")
fi

say "Compiling it to count"
rm -rf "$counts"
compiled "-Cprofile-generate=$counts" counting "${counting[@]}"

say "Counting"
for pacing in progressive ratio=3 predictive; do
    for agents in 20 100; do
        "$profiled/counting/$host/release/simulator" run realistic-step \
            --pacing "$pacing" --agents "$agents" --days 5 --seed 1 >/dev/null
    done
done
"$merge" merge --output "$counts.profdata" "$counts"

say "Compiling it by what was counted"
compiled "-Cprofile-use=$counts.profdata" laid-out "${laid_out[@]}"
cp "$profiled/laid-out/$host/release/simulator" "$profiled/simulator"
say "It is $profiled/simulator"
