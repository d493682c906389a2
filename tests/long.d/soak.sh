#!/usr/bin/env bash
# A steady load over HTTP for NIGHTOWL_SOAK_SECONDS on each store: memory stays flat, connections do not become more.
source "$(dirname "${BASH_SOURCE[0]}")/count"
export NIGHTOWL_SOAK_SECONDS="${NIGHTOWL_SOAK_SECONDS:-90}"
run_tests soak
