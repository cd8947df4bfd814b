#!/usr/bin/env bash
# The README's second command: installs what the tests need, then runs every check and every test.
# As root on Debian a real Asterisk, a real browser, PostgreSQL, Redis and Python take part; elsewhere what is not there is left
# out, and a line at the end says so.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

has_postgres() { command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }
as_root_on_debian() { [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]; }

# Everything is built once, and what would make a second build quicker takes as much room as all of it.
export CARGO_INCREMENTAL=0

if ! cargo nextest --version >/dev/null 2>&1; then
    say "Installing cargo-nextest, once"
    cargo install --locked cargo-nextest
fi

if as_root_on_debian; then
    say "Preparing a real Asterisk 22 (once, under target/lab)"
    bash tests/lab/prepare.sh
    real_arm=in
    if ! [ -x /usr/bin/chromium ]; then
        say "Installing Chromium, once"
        apt-get update
        apt-get install --yes --no-install-recommends chromium
    fi
    if ! has_postgres; then
        say "Installing PostgreSQL, once"
        apt-get update
        apt-get install --yes --no-install-recommends postgresql
    fi
    if ! command -v redis-server >/dev/null; then
        say "Installing Redis, once"
        apt-get update
        apt-get install --yes --no-install-recommends redis-server
    fi
    if ! command -v python3 >/dev/null; then
        say "Installing Python, once"
        apt-get update
        apt-get install --yes --no-install-recommends python3
    fi
elif [ "${CI:-}" = true ]; then
    echo "CI must run the tests with a real Asterisk, browser, PostgreSQL, Redis and Python, which needs root on Debian" >&2
    exit 1
else
    real_arm=out
fi

say "Format, lints and documentation"
cargo fmt --all --check
cargo clippy --workspace --all-targets --all-features --locked -- --deny warnings
RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --all-features --document-private-items --locked --quiet

say "Tests"
cargo build --workspace --locked --quiet
# Houses mostly wait, so that there may be more of them at once than cores; what computes still has a core to itself.
cargo nextest run --workspace --all-features --locked --no-fail-fast --test-threads "$((3 * $(nproc)))"

if [ "$real_arm" = out ]; then
    say "LEFT OUT: every test with a real Asterisk. They need root on Debian: run this command there as root."
fi
if ! [ -x /usr/bin/chromium ]; then
    say "LEFT OUT: the reports in a real browser. They need /usr/bin/chromium, as Debian's package brings it."
fi
if ! has_postgres; then
    say "LEFT OUT: every test with PostgreSQL. They need its server, as Debian's package postgresql brings it."
fi
if ! command -v redis-server >/dev/null; then
    say "LEFT OUT: every test with Redis. They need its server, as Debian's package redis-server brings it."
fi
if ! command -v python3 >/dev/null; then
    say "LEFT OUT: the receiver for Django users. It needs python3, as Debian's package brings it."
fi
