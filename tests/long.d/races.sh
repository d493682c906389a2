#!/usr/bin/env bash
# The races in their full size: 8 processes, each with 5,000 triggers on 10 rows, on PostgreSQL and MariaDB; and 100
# processes that start at once on an empty store and hold 100 different worker ids.
source "$(dirname "${BASH_SOURCE[0]}")/count"
export NIGHTOWL_RACE_TRIGGERS="${NIGHTOWL_RACE_TRIGGERS:-5000}" NIGHTOWL_LEASE_PROCESSES="${NIGHTOWL_LEASE_PROCESSES:-100}"
run_tests races leases
