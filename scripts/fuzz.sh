#!/usr/bin/env bash
# Runs each fuzz target in the tree for a while, one after the other: scripts/fuzz.sh [TIME]     (TIME as in go test, default 10s)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

targets=$(grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' services e2e | sed -E 's/^([^:]*):[0-9]+:func (.*)$/\1 \2/') || {
	echo "no fuzz target found" >&2
	exit 1
}
while read -r file target; do
	echo "--- $target ($(dirname "$file"))"
	go test -run '^$' -fuzz "^$target\$" -fuzzminimizetime 10x -fuzztime "${1:-10s}" "./$(dirname "$file")"
done <<<"$targets"
