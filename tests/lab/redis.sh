#!/usr/bin/env bash
# A Redis of the tests' own: in a temporary folder, on a free port of the loopback, and gone within a second of the process
# that started it, however that ends.
#
#   redis.sh start           tells RINGMASTER_REDIS (its address) and RINGMASTER_REDIS_FOLDER, in $NEXTEST_ENV or on standard
#                            output
#   redis.sh stop FOLDER     ends it; what it held is gone
#   redis.sh again FOLDER    starts it again on the same port, empty
#   redis.sh empty FOLDER    takes from it all that it holds
#
# Where no server is installed, `start` tells nothing: tests see to what that means.
set -euo pipefail

serve() {
    redis-server --bind 127.0.0.1 --port "$(cat "$folder/port")" --requirepass "$(cat "$folder/password")" --dir "$folder" \
        --save '' --appendonly no --daemonize yes --pidfile "$folder/pid" --logfile "$folder/log" >/dev/null
    for _ in $(seq 50); do
        ask PING 2>/dev/null | grep -q PONG && return
        sleep 0.1
    done
    return 1
}

ask() { REDISCLI_AUTH="$(cat "$folder/password")" redis-cli -p "$(cat "$folder/port")" "$@"; }

start() {
    local owner=$PPID
    command -v redis-server >/dev/null || exit 0
    folder="$(mktemp --directory "${TMPDIR:-/tmp}/ringmaster-redis.XXXXXX")"
    head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$folder/password"
    # Whoever asked may be killed: then nobody but this one is left to clear up.
    setsid "$self" outlive "$folder" "$owner" </dev/null >/dev/null 2>&1 &
    for _ in 1 2 3 4 5; do
        # Below the ports that the system gives out by itself.
        echo $((10000 + RANDOM % 10000)) >"$folder/port"
        if serve; then
            local url="redis://:$(cat "$folder/password")@127.0.0.1:$(cat "$folder/port")/0"
            echo "RINGMASTER_REDIS=$url" >>"${NEXTEST_ENV:-/dev/stdout}"
            echo "RINGMASTER_REDIS_FOLDER=$folder" >>"${NEXTEST_ENV:-/dev/stdout}"
            exit 0
        fi
    done
    cat "$folder/log" >&2
    exit 1
}

stop() {
    local pid
    pid="$(cat "$folder/pid")"
    ask SHUTDOWN NOSAVE >/dev/null 2>&1 || kill "$pid" || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

outlive() {
    while kill -0 "$owner" 2>/dev/null; do sleep 0.5; done
    stop || true
    rm -rf "$folder"
}

self="$(realpath "$0")"
cd /
folder="${2:-}" owner="${3:-}"
case "${1:-}" in
start) start ;;
stop) stop ;;
again) serve ;;
empty) ask FLUSHALL >/dev/null ;;
outlive) outlive ;;
*) sed -n '2,11s/^# \{0,1\}//p' "$self" >&2 && exit 2 ;;
esac
