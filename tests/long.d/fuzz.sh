#!/usr/bin/env bash
# Changed bytes for every reader of what others wrote, each for NIGHTOWL_FUZZ_SECONDS. What panics stays in tests/corpus.
source "$(dirname "${BASH_SOURCE[0]}")/count"
export NIGHTOWL_FUZZ_SECONDS="${NIGHTOWL_FUZZ_SECONDS:-90}"
run_tests byte_fuzz
