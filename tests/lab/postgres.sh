#!/usr/bin/env bash
# A PostgreSQL of the tests' own: in a temporary folder, on a free port of the loopback, run by a user without rights, and
# gone within a second of the process that started it, however that ends. A database whose name has a process in it, as in
# scene_4711, goes soon after that process, so that a run needs little room.
#
#   postgres.sh start           tells RINGMASTER_POSTGRES (its address) and RINGMASTER_POSTGRES_FOLDER, in $NEXTEST_ENV or
#                               on standard output
#   postgres.sh crash FOLDER    ends it as a crash would
#   postgres.sh again FOLDER    starts it again on the same port
#
# Where no server is installed, `start` tells nothing: tests see to what that means.
set -euo pipefail

bin="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)"
bin="${bin:-$(dirname "$(command -v postgres || true)")}"

# PostgreSQL refuses to be run by root.
as_nobody() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"
    else
        "$@"
    fi
}

pg_ctl() { as_nobody "$bin/pg_ctl" --silent --pgdata="$folder/data" --log="$folder/log" "$@" >/dev/null; }

start() {
    local owner=$PPID password
    [ -x "$bin/initdb" ] || exit 0
    folder="$(mktemp --directory "${TMPDIR:-/tmp}/ringmaster-postgres.XXXXXX")"
    password="$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')"
    echo "$password" >"$folder/password"
    [ "$(id -u)" != 0 ] || chown -R nobody:nogroup "$folder"
    # Whoever asked may be killed: then nobody but this one is left to clear up.
    setsid "$self" outlive "$folder" "$owner" </dev/null >/dev/null 2>&1 &

    as_nobody "$bin/initdb" --pgdata="$folder/data" --no-sync --username=ringmaster --pwfile="$folder/password" \
        --auth=scram-sha-256 --encoding=UTF8 --no-locale >/dev/null
    for _ in 1 2 3 4 5; do
        # Below the ports that the system gives out by itself.
        port=$((20000 + RANDOM % 10000))
        cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
max_connections = 200
wal_level = minimal
max_wal_senders = 0
max_wal_size = 128MB
CONF
        # What all tests of a run share need not outlive the machine; a bench's own is as careful as anybody's.
        [ -z "${NEXTEST_ENV:-}" ] || printf 'fsync = off\nfull_page_writes = off\n' >>"$folder/data/postgresql.conf"
        if pg_ctl --wait start; then
            echo "RINGMASTER_POSTGRES=postgres://ringmaster:$password@127.0.0.1:$port/postgres" >>"${NEXTEST_ENV:-/dev/stdout}"
            echo "RINGMASTER_POSTGRES_FOLDER=$folder" >>"${NEXTEST_ENV:-/dev/stdout}"
            exit 0
        fi
    done
    cat "$folder/log" >&2
    exit 1
}

ask() {
    PGPASSWORD="$(cat "$folder/password")" "$bin/psql" --host=127.0.0.1 --port="$(sed -n 4p "$folder/data/postmaster.pid")" \
        --username=ringmaster --dbname=postgres --no-align --tuples-only --command="$1"
}

sweep() {
    local name pid
    for name in $(ask "SELECT datname FROM pg_database WHERE datname ~ '^[a-z]+_[0-9]+'"); do
        pid="${name#*_}"
        kill -0 "${pid%%_*}" 2>/dev/null || ask "DROP DATABASE \"$name\" WITH (FORCE)"
    done
}

outlive() {
    local beat=0
    while kill -0 "$owner" 2>/dev/null; do
        sleep 0.5
        # A server that is down, or a test that has just let go of its database by itself, is seen to the next time.
        ((++beat % 20)) || sweep || true
    done
    pg_ctl --mode=immediate stop || true
    rm -rf "$folder"
}

self="$(realpath "$0")"
cd /
folder="${2:-}" owner="${3:-}"
case "${1:-}" in
start) start ;;
crash) pg_ctl --mode=immediate stop ;;
again) pg_ctl --wait start ;;
outlive) outlive ;;
*) sed -n '2,9s/^# \{0,1\}//p' "$self" >&2 && exit 2 ;;
esac
