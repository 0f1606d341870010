#!/bin/sh
# One pytest run per system, then one summary line. Long counts only with KAIGO_LONG=1.
set -u
BIN=.venv/bin
failed=0
run() { # title, system, arguments
    title=$1; system=$2; shift 2
    echo "== $title"
    KAIGO_SYSTEM=$system "$BIN/python" -m pytest "$@" || failed=1
}
"$BIN/ruff" check . || failed=1
"$BIN/lint-imports" --no-cache || failed=1
# Three at once on two cores: each waits a third of its time for its database.
run "law, layouts, paper, world, insurance, checks" insurance -n 3 --dist loadfile \
    kaigo/law kaigo/layouts kaigo/base kaigo/insurance world checks stories --ignore=kaigo/base/staff
run "staff" staff kaigo/base/staff/tests kaigo/personnel stories/test_log_in.py \
    checks/test_access.py checks/test_addresses.py checks/test_answers.py checks/test_tables.py
# The oldest PostgreSQL that we promise: what the database itself must do; with KAIGO_LONG everything that meets it.
oldest=$(ls -d /usr/lib/postgresql/15/bin 2>/dev/null)
if [ -x "$oldest/postgres" ]; then
    export KAIGO_PG_BIN="$oldest"
    if [ -n "${KAIGO_LONG:-}" ]; then
        run "PostgreSQL 15" insurance -n 2 --dist loadfile kaigo/base kaigo/insurance checks --ignore=kaigo/base/staff
    else
        run "PostgreSQL 15" insurance kaigo/base/records checks/test_tables.py
    fi
    unset KAIGO_PG_BIN
else
    echo "PostgreSQL 15 is not installed: its tests need Debian's package postgresql-15" >&2
    failed=1
fi
if [ -n "${KAIGO_LONG:-}" ]; then
    KAIGO_LONG=
    export KAIGO_LONG
    run "every branch of the law room" insurance kaigo/law --cov=kaigo.law --cov-config=checks/coverage.ini
fi
exit $failed
