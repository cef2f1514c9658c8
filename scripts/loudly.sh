#!/usr/bin/env bash
# loudly.sh COMMAND...: runs go test -json, shows failures as they come, and at the end all tests that failed or were skipped,
# and why. The exit status is the command's, or 1 if no test ran: go test calls a mistyped -run pattern "ok".
set -uo pipefail

scratch=$(mktemp -d) || exit
trap 'rm -rf "$scratch"' EXIT
format=pkgname-and-test-fails
[[ " $* " != *" -v "* ]] || format=standard-verbose
gotestsum=$(go tool -modfile=scripts/tools.mod -n gotestsum) || exit # builds it; go tool itself would run it with another PATH
PEERLAB_TURNS=$scratch "$gotestsum" --format "$format" --jsonfile "$scratch/events" --raw-command -- "$@"
status=$?
# The lines of packages about the whole run: for what all their tests had to do without.
sed -n 's/.*"Output":"\(left out: .*\)\\n".*/\1/p' "$scratch/events" | sort -u

if [ "$status" = 0 ] && ! grep -q '"Action":"run"' "$scratch/events"; then
	pattern=
	while [ $# != 0 ]; do
		[ "$1" != -run ] || pattern=${2:-}
		shift
	done
	printf "no test ran: no test's name matches RUN='%s'. The names: make tests\n" "$pattern" >&2
	status=1
fi
exit "$status"
