#!/usr/bin/env bash
# Runs the fuzz targets of the tree, one after the other: scripts/fuzz.sh [TIME [PATTERN]]
# TIME is for each, as in go test (10s); PATTERN, an extended regular expression, chooses targets by name.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pattern=${2:-}
targets=$(grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' services e2e | sed -E 's/^([^:]*):func (.*)$/\1 \2/' | LC_ALL=C sort)
chosen=$(awk -v pattern="$pattern" '$2 ~ pattern' <<<"$targets")
if [ -z "$chosen" ]; then
	printf "no fuzz target's name matches RUN='%s'. There are: %s\n" "$pattern" "$(awk '{ printf "%s%s", (NR > 1 ? ", " : ""), $2 }' <<<"$targets")" >&2
	exit 1
fi
while read -r file target; do
	echo "--- $target ($(dirname "$file"))"
	go test -run '^$' -fuzz "^$target\$" -fuzzminimizetime 10x -fuzztime "${1:-10s}" "./$(dirname "$file")" </dev/null
done <<<"$chosen"
