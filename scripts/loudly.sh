#!/usr/bin/env bash
# loudly.sh COMMAND...: runs tests, and tells at the end which of them were left out and why: go test does not, of a package
# that passes. The exit status is the command's.
set -uo pipefail

told=$(mktemp) || exit
trap 'rm -f "$told"' EXIT
status=0
PEERLAB_LEFT_OUT=$told "$@" || status=$?
sort -u "$told"
exit "$status"
