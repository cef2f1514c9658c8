#!/usr/bin/env bash
# loudly.sh COMMAND...: runs go test and then prints the skipped tests and the reasons, which go test omits for a package
# that passes. The exit status is the command's, or 1 if no test ran: go test calls a mistyped -run pattern "ok".
set -uo pipefail

scratch=$(mktemp -d) || exit
trap 'rm -rf "$scratch"' EXIT
: >"$scratch/left-out"
# tee -i ignores Ctrl-C, so that the last lines of the tests are printed.
PEERLAB_LEFT_OUT=$scratch/left-out PEERLAB_TURNS=$scratch "$@" | tee -i "$scratch/output"
status=${PIPESTATUS[0]}
sort -u "$scratch/left-out"

# go test prints a line "ok" for each package that passes, and with [no tests to run] for one where no name matches.
if [ "$status" = 0 ] && ! grep '^ok ' "$scratch/output" | grep -qv '\[no tests to run\]'; then
	pattern=
	while [ $# != 0 ]; do
		[ "$1" != -run ] || pattern=${2:-}
		shift
	done
	printf "no test ran: no test's name matches RUN='%s'. The names: make tests\n" "$pattern" >&2
	status=1
fi
exit "$status"
