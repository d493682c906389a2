#!/usr/bin/env bash
# libFuzzer for every reader of what others wrote (tests/src/fuzz), each for NIGHTOWL_FUZZ_SECONDS, several at once: inputs
# that reach new code are changed further. It starts at tests/corpus; what panics stays there. The stable toolchain does.
#
# NIGHTOWL_FUZZ_READERS names the readers to try, where not all are meant. Where libFuzzer can not be built, the changes of
# tests/tests/byte_fuzz are tried as long instead.
source "$(dirname "${BASH_SOURCE[0]}")/count"
export NIGHTOWL_FUZZ_SECONDS="${NIGHTOWL_FUZZ_SECONDS:-600}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

target=$(rustc -vV | sed -n 's/^host: //p')
flags='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters'
flags+=' -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing'
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
# the versions of the checkout, to which libFuzzer is added
cp Cargo.lock tests/fuzz/Cargo.lock
if ! RUSTFLAGS=$flags cargo build --manifest-path tests/fuzz/Cargo.toml --target "$target"; then
    echo 'skipped: libFuzzer can not be built here'
    run_tests byte_fuzz
    exit
fi
fuzzer="$CARGO_TARGET_DIR/$target/debug/nightowl-fuzz"

# Tries one reader; its exit code says whether it holds.
try() {
    local name=$1 found=$work/found/$1
    mkdir -p "$found"
    # -rss_limit_mb bounds what one input may take, -timeout how long, in seconds
    NIGHTOWL_FUZZ_READER=$name "$fuzzer" "$found" "tests/corpus/$name" -max_total_time="$NIGHTOWL_FUZZ_SECONDS" -max_len=16384 -timeout=10 \
        -rss_limit_mb=2048 -dict=tests/fuzz/words -artifact_prefix="tests/corpus/$name/" -print_final_stats=1 >"$work/$name.log" 2>&1
}

names=()
if [ -n "${NIGHTOWL_FUZZ_READERS:-}" ]; then
    read -r -a names <<<"$NIGHTOWL_FUZZ_READERS"
else
    for folder in tests/corpus/*/; do names+=("$(basename "$folder")"); done
fi
passed=0 failed=0 running=()

# Waits for the reader that was begun first.
settle() {
    local name=${running[0]%=*}
    if wait "${running[0]#*=}"; then
        passed=$((passed + 1))
        printf '%s: %s inputs, %s of them reach code of their own\n' "$name" \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log")" "$(find "$work/found/$name" -type f | wc -l)"
    else
        failed=$((failed + 1))
        echo "$name fails:"
        tail -n 30 "$work/$name.log"
    fi
    running=("${running[@]:1}")
}

for name in "${names[@]}"; do
    [ ${#running[@]} -lt "$(nproc)" ] || settle
    try "$name" &
    running+=("$name=$!")
done
while [ ${#running[@]} -gt 0 ]; do settle; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
