#!/usr/bin/env bash
# Distributes the files of a folder evenly over N nodes: scripts/distribute.sh FOLDER N TARGET
#
# Each regular file in FOLDER is copied into one of TARGET/node1 ... TARGET/nodeN. No node gets more than one file more than
# another, and the largest files are dealt out first, to the node that has the fewest bytes of those whose turn it is. The same
# folder is always dealt out the same way. Nothing that is in TARGET already is touched, and a file that is there is an error.
set -euo pipefail

fail() {
	printf 'distribute: %s\n' "$*" >&2
	exit 1
}

[ $# = 3 ] || fail "usage: scripts/distribute.sh FOLDER N TARGET, such as: scripts/distribute.sh texts 3 files"
readonly folder=$1 nodes=$2 target=$3
[ -d "$folder" ] || fail "$folder is not a folder"
[[ $nodes =~ ^[1-9][0-9]{0,2}$ ]] || fail "N is $nodes; give the number of nodes, 1 to 999"

count=() bytes=()
for ((i = 1; i <= nodes; i++)); do
	count[i]=0 bytes[i]=0
	mkdir -p "$target/node$i"
done

# next: the node that is to have the next file.
next() {
	local i best=1
	for ((i = 2; i <= nodes; i++)); do
		if ((count[i] < count[best] || count[i] == count[best] && bytes[i] < bytes[best])); then best=$i; fi
	done
	echo "$best"
}

while IFS= read -r -d '' line; do
	size=${line%% *} name=${line#* }
	node=$(next)
	to=$target/node$node/$name
	[ ! -e "$to" ] || fail "$to is there already; remove it, or give another target"
	cp -- "$folder/$name" "$to"
	((count[node] += 1, bytes[node] += size))
done < <(find "$folder" -mindepth 1 -maxdepth 1 -type f -printf '%s %f\0' | LC_ALL=C sort -z -k1,1nr -k2)

for ((i = 1; i <= nodes; i++)); do echo "$target/node$i: ${count[i]} files, ${bytes[i]} bytes"; done
