#!/usr/bin/env bash
# What the tests need beside Python: a browser, PDF tools, the oldest PostgreSQL that we promise, a token, a Japanese font.
# Installs what is missing where it may (root on Debian), otherwise says in one line what to install.
set -euo pipefail
missing=""
need() { # a program, the package it comes in
    command -v "$1" >/dev/null || missing="$missing $2"
}
need chromium chromium
need pdftotext poppler-utils
need softhsm2-util softhsm2
need /usr/lib/postgresql/15/bin/postgres postgresql-15
fc-list :lang=ja 2>/dev/null | grep -q . || missing="$missing fonts-noto-cjk"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "missing for the tests, please install:$missing" >&2
    exit 0
fi
# Only the binaries are wanted: the package's own cluster is never made.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
fi
apt-get update -q
# shellcheck disable=SC2086  # one word a package
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
