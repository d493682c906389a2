#!/usr/bin/env bash
# A steady load over HTTP for NIGHTOWL_SOAK_SECONDS on each store: memory stays flat, connections do not become more. In the
# first minute the caches of connections fill, so that a shorter time says little.
source "$(dirname "${BASH_SOURCE[0]}")/count"
export NIGHTOWL_SOAK_SECONDS="${NIGHTOWL_SOAK_SECONDS:-240}"
run_tests soak
