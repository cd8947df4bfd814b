#!/bin/sh
# Makes the root file system that the lab starts Asterisk 22 in: Debian's suite `forky`, about 340 MB, under target/lab.
# Idempotent, and atomic: `asterisk-root` exists only when it is whole. Needs root and a Debian machine.
set -eu

lab="$(cd "$(dirname "$0")/../.." && pwd)/target/lab"
root="$lab/asterisk-root"
mkdir -p "$lab"

# Two runs at once: the second waits, then finds the work done.
exec 9>"$lab/prepare.lock"
flock 9
[ -d "$root" ] && exit 0

if [ "$(id -u)" != 0 ]; then
    echo "prepare.sh: needs root, to make a root file system" >&2
    exit 1
fi
if ! command -v mmdebstrap >/dev/null; then
    apt-get update
    apt-get install --yes --no-install-recommends mmdebstrap
fi

# The mirror is the one this machine already uses; the security archive is not a full one.
mirror="$(apt-get indextargets --format '$(SITE)' | grep -v security | sort -u | head -n 1)"
work="$(mktemp -d "$lab/making.XXXXXX")"
trap 'rm -rf "$work"' EXIT INT TERM

# The suite's release file counts as expired in some mirrors' snapshots.
mmdebstrap --variant=minbase --include=asterisk \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    forky "$work/root" "$mirror"

# Asterisk asks for its own host name at every SIP message: it must never go to a name server.
echo '127.0.0.1 localhost ringmaster-lab' >"$work/root/etc/hosts"
echo 'options timeout:1 attempts:1' >"$work/root/etc/resolv.conf"
mv "$work/root" "$root"
