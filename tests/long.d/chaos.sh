#!/usr/bin/env bash
# Processes killed with SIGKILL and servers restarted under load, on SQLite, PostgreSQL, MariaDB, each for
# NIGHTOWL_CHAOS_SECONDS; at the end every row is what a serial run gives.
source "$(dirname "${BASH_SOURCE[0]}")/count"
export NIGHTOWL_CHAOS_SECONDS="${NIGHTOWL_CHAOS_SECONDS:-100}"
run_tests chaos
