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
run "law, layouts, paper, world, insurance, checks" insurance -n 2 --dist loadfile \
    kaigo/law kaigo/layouts kaigo/base kaigo/insurance world checks stories --ignore=kaigo/base/staff
run "staff" staff kaigo/base/staff/tests
if [ -n "${KAIGO_LONG:-}" ]; then
    KAIGO_LONG=
    export KAIGO_LONG
    run "every branch of the law room" insurance kaigo/law --cov=kaigo.law --cov-config=checks/coverage.ini
fi
exit $failed
