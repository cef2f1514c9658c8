#!/usr/bin/env bash
# Distributes the files of a folder evenly over N nodes: scripts/distribute.sh FOLDER N TARGET
#
# Each file in FOLDER is copied into one of TARGET/node1 ... TARGET/nodeN; links are followed. No node gets more than one file
# more than another. The largest files are dealt out first, each to the node that has the fewest files and, of those, the
# fewest bytes; the same folder is always dealt out the same way. The script overwrites nothing: if a file exists in TARGET,
# nothing is copied.
#
# It runs with bash 3.2 and the BSD tools.
set -euo pipefail

fail() {
	printf 'distribute: %s\n' "$*" >&2
	exit 1
}

# as_path keeps a name that begins with a dash from being taken for an option.
as_path() { case $1 in -*) echo "./$1" ;; *) echo "$1" ;; esac }

[ $# = 3 ] || fail "usage: scripts/distribute.sh FOLDER N TARGET, such as: scripts/distribute.sh texts 3 files"
[ -d "$1" ] || fail "$1 is not a folder"
[[ $2 =~ ^[1-9][0-9]{0,2}$ ]] || fail "N is $2; give the number of nodes, 1 to 999"
folder=$(as_path "$1") nodes=$2 target=$(as_path "$3")
readonly folder nodes target

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The slash makes find look into a folder that is given as a link.
find -L "$folder/" -mindepth 1 -maxdepth 1 -type f -print0 >"$scratch/found" || fail "$1 cannot be read, see above"
while IFS= read -r -d '' path; do
	size=$(wc -c <"$path") || fail "$path cannot be read, see above"
	printf '%d %s\0' "$size" "${path##*/}"
done <"$scratch/found" | LC_ALL=C sort -z -k1,1nr -k2 >"$scratch/sorted"
[ -s "$scratch/sorted" ] || fail "$1 has no files (folders in it are not looked into)"
find -L "$folder/" -mindepth 1 -maxdepth 1 ! -type f -exec printf 'distribute: left out, not a file: %s\n' '{}' ';' >&2

count=() bytes=()
for ((i = 1; i <= nodes; i++)); do count[i]=0 bytes[i]=0; done

# choose sets node to the one that receives the next file.
choose() {
	local i
	node=1
	for ((i = 2; i <= nodes; i++)); do
		if ((count[i] < count[node] || count[i] == count[node] && bytes[i] < bytes[node])); then node=$i; fi
	done
}

names=() homes=()
while IFS= read -r -d '' line; do
	choose
	names+=("${line#* }") homes+=("$node")
	((count[node] += 1, bytes[node] += ${line%% *}))
	to=$target/node$node/${line#* }
	if [ -e "$to" ] || [ -L "$to" ]; then fail "$to exists: remove it, or give another target"; fi
done <"$scratch/sorted"

for ((i = 1; i <= nodes; i++)); do mkdir -p "$target/node$i"; done
for ((i = 0; i < ${#names[@]}; i++)); do cp "$folder/${names[i]}" "$target/node${homes[i]}/${names[i]}"; done
for ((i = 1; i <= nodes; i++)); do echo "$target/node$i: ${count[i]} files, ${bytes[i]} bytes"; done
