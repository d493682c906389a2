#!/usr/bin/env bash
# What a function platform pays for: the size of the slim Lambda binary, the time from the start of the process to its first
# answer, and the memory of an instance that waits. Prints the figures that the README has.
#
# The runtime interface of AWS Lambda is played by a small Python program, which takes the times; the store is a SQLite file
# or a PostgreSQL of the script's own, made ready before. The median of RUNS starts is given (21).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2

runs=${RUNS:-21}
target=${CARGO_TARGET_DIR:-$PWD/target}
work=$(mktemp -d)
postgres=
passed=0 failed=0 skipped=0

stop() {
    [ -z "$postgres" ] || kill -INT "$postgres" 2>/dev/null && wait "$postgres" 2>/dev/null
    rm -rf "$work"
}
trap stop EXIT

check() { # NAME VALUE AIM UNIT
    if awk -v value="$2" -v aim="$3" 'BEGIN { exit !(value <= aim) }'; then
        passed=$((passed + 1))
        echo "$1: $2 $4 (aim: at most $3)"
    else
        failed=$((failed + 1))
        echo "$1: $2 $4, over the aim of $3"
    fi
}

# Makes a store ready and measures starts on it.
measure() { # NAME URL
    local url=$2 token
    export NIGHTOWL_STORAGE=$url
    "$binary" apply config/example/sample >/dev/null 2>"$work/apply" || { cat "$work/apply"; return 1; }
    token=$("$binary" pat issue 2>/dev/null) || return 1
    python3 tests/long.d/cold_start.py "$binary" "$token" "$runs" >"$work/figures" || { cat "$work/figures"; return 1; }
    read -r first memory <"$work/figures"
    check "cold start, $1" "$first" "$aim_ms" ms
    check "idle memory, $1" "$memory" 40 MB
}

echo "building the slim binary for AWS Lambda"
cargo build --quiet --locked --profile slim -p nightowl --no-default-features --features aws --target-dir "$target" || exit 1
binary=$target/slim/nightowl
export NIGHTOWL_DATA=$work
aim_ms=30
check "binary" "$(awk -v bytes="$(stat -c %s "$binary")" 'BEGIN { printf "%.1f", bytes / 1048576 }')" 25 MB
measure SQLite "sqlite://$work/cold.db" || failed=$((failed + 1))

programs=$(dirname "$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)")
if [ -x "$programs/initdb" ]; then
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    as=()
    if [ "$(id -u)" -eq 0 ]; then
        as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
        chmod 755 "$work"
        install -d -o postgres "$work/pg"
    fi
    "${as[@]}" "$programs/initdb" -D "$work/pg/data" -U nightowl -A trust >/dev/null 2>&1
    "${as[@]}" "$programs/postgres" -D "$work/pg/data" -p "$port" -k "$work/pg" -h 127.0.0.1 >/dev/null 2>&1 &
    postgres=$!
    for _ in $(seq 100); do
        "$programs/pg_isready" -q -h 127.0.0.1 -p "$port" && break
        sleep 0.1
    done
    measure PostgreSQL "postgres://nightowl@127.0.0.1:$port/postgres" || failed=$((failed + 1))
else
    echo 'skipped: there is no PostgreSQL'
    skipped=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
