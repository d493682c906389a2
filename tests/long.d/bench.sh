#!/usr/bin/env bash
# The big benchmark: workloads on SQLite, PostgreSQL and MariaDB, against the floors of the same run, and what must be reached.
#
# `tests/long.d/bench.sh [FOLDER]` writes each answer of `nightowl bench` into FOLDER (a temporary one by default) and prints
# them as one table. NIGHTOWL_BENCH_SECONDS (5) says how long each figure is measured, NIGHTOWL_BENCH_ROWS (1000000) how
# many triggers are in a topic when its cost is compared with that at 10,000, NIGHTOWL_BENCH_STORES which stores are measured,
# NIGHTOWL_BENCH_BINARY which binary, where not the release build is meant.
# The servers are started here, with everything as they are installed, commits on the disk included.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2

seconds=${NIGHTOWL_BENCH_SECONDS:-5} rows=${NIGHTOWL_BENCH_ROWS:-1000000} stores=${NIGHTOWL_BENCH_STORES:-sqlite postgres mariadb}
work=$(mktemp -d)
out=${1:-$work/figures}
mkdir -p "$out"
chmod 755 "$work"
pids=()
skipped=0

finish() {
    for pid in ${pids[@]+"${pids[@]}"}; do
        # PostgreSQL waits for its clients at TERM, MariaDB does not hear INT.
        kill -INT "$pid" 2>/dev/null
        kill -TERM "$pid" 2>/dev/null
        for _ in $(seq 40); do kill -0 "$pid" 2>/dev/null || break; sleep 0.25; done
    done
    rm -rf "$work"
}
trap finish EXIT

skip() {
    echo "skipped: $1"
    skipped=$((skipped + 1))
}

as() {
    local user=$1
    shift
    if [ "$(id -u)" -eq 0 ]; then runuser -u "$user" -- "$@"; else "$@"; fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start_postgres() {
    local bin port data=$work/postgres
    bin=$(dirname "$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)") || return 1
    [ -x "$bin/initdb" ] || return 1
    install -d -o "$([ "$(id -u)" -eq 0 ] && echo postgres || id -un)" "$data"
    port=$(free_port)
    as postgres "$bin/initdb" --auth=trust --username=postgres --encoding=UTF8 -D "$data/data" >/dev/null || return 1
    as postgres "$bin/pg_ctl" start -w -t 60 -D "$data/data" -l "$data/log" \
        -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$data" >/dev/null || return 1
    pids+=("$(head -n 1 "$data/data/postmaster.pid")")
    url="postgres://postgres@127.0.0.1:$port/postgres"
}

start_mariadb() {
    local port data=$work/mariadb server
    server=$(command -v mariadbd || echo /usr/sbin/mariadbd)
    [ -x "$server" ] || return 1
    install -d -o "$([ "$(id -u)" -eq 0 ] && echo mysql || id -un)" "$data"
    port=$(free_port)
    as mysql mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --datadir="$data/data" --tmpdir="$data" >/dev/null || return 1
    as mysql "$server" --no-defaults --bind-address=127.0.0.1 --datadir="$data/data" --port="$port" --socket="$data/socket" \
        --pid-file="$data/pid" --log-error="$data/log" --tmpdir="$data" >/dev/null 2>&1 &
    for _ in $(seq 120); do
        mariadb --no-defaults -u root --socket="$data/socket" \
            -e "CREATE USER nightowl@'127.0.0.1' IDENTIFIED BY 'bench'; GRANT ALL ON *.* TO nightowl@'127.0.0.1' WITH GRANT OPTION" 2>/dev/null && break
        sleep 0.5
    done
    pids+=("$(cat "$data/pid")") || return 1
    url="mysql://nightowl:bench@127.0.0.1:$port/mysql"
}

nightowl=${NIGHTOWL_BENCH_BINARY:-}
if [ -z "$nightowl" ]; then
    cargo build --release --locked -p nightowl --bin nightowl || exit 1
    nightowl=${CARGO_TARGET_DIR:-target}/release/nightowl
fi
workloads=(../shared/workloads/*.json)
[ -e "${workloads[0]}" ] || { skip 'there are no workloads beside the checkout'; echo "0 passed, 0 failed, $skipped skipped"; exit 0; }

for store in $stores; do
    url='' storage=()
    case "$store" in
    sqlite) ;;
    postgres | mariadb)
        "start_$store" || { skip "$store can not be started here"; continue; }
        storage=(--storage "$url")
        ;;
    esac
    measure() {
        local name=$1
        shift
        echo "-- $store $name" >&2
        "$nightowl" bench "$@" --seconds "$seconds" ${storage[@]+"${storage[@]}"} >"$out/$store.$name.json" || rm -f "$out/$store.$name.json"
    }
    measure callers "${workloads[@]}" --callers 1,2,8,32
    measure file "${workloads[@]}" --file
    measure off "${workloads[@]}" --callers 1,32 --trace-level off
    measure growth-small ../shared/workloads/w2-*.json --file --prefill 10000 --triggers 20000
    measure growth-large ../shared/workloads/w2-*.json --file --prefill "$rows" --triggers 20000
done

python3 tests/long.d/bench_table.py "$out" "$skipped"
