#!/usr/bin/env bash
# Trials of 'peerlab grade' that take minutes: what must hold whatever happens to the grader, the engine and the machine.
# As root on Linux, after 'make build'; it needs Python and a C compiler. Each prints a line for each thing seen, and the
# exit status is 1 if one is not as it should be.
#
#   scripts/grade-trials.sh killed    20 times kill -9 of the grader: a valid result or none, and nothing left
#   scripts/grade-trials.sh class     30 submissions, 4 at a time, score as one by one
#   scripts/grade-trials.sh busy      20 gradings of a right and a wrong one beside two busy loops give one score each
#   scripts/grade-trials.sh engine    the Docker engine ends in the middle: unknown, no points lost, status 3
#                                     (an engine of its own; needs dockerd and the holder's image, 'make holder-image')
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
readonly ASASSIGNED=e2e/foreign/asassigned
scratch=$(mktemp -d /tmp/peerlab-trials-XXXXXX) || exit
export TMPDIR=$scratch/tmp # where the grader unpacks: what is left of it is found by this name
mkdir "$TMPDIR" "$scratch/class"
chmod 755 "$scratch" "$TMPDIR"
trap 'wait; rm -rf "$scratch"' EXIT
status=0

bad() {
	echo "NOT AS IT SHOULD BE: $*"
	status=1
}

# submissions NUMBER...: right ones in Python, ones in C that fail phase 2, and ones that are no programs.
submissions() {
	local n dir
	for n; do
		dir=$scratch/class/student$n
		mkdir "$dir"
		case $((n % 3)) in
		0) cp "$ASASSIGNED"/{server,client}.py "$dir" ;;
		1)
			cp "$ASASSIGNED"/{server.c,client.c,lines.h} "$dir"
			sed -i 's/|| setsockopt(.*) != 0)/|| !on)/' "$dir/lines.h"
			;;
		2) touch "$dir/server.py" "$dir/client.py" ;;
		esac
	done
}

# points FOLDER: the name and the points of each submission.
points() {
	python3 - "$1" <<-'END'
		import json, pathlib, sys
		for path in sorted(pathlib.Path(sys.argv[1]).glob("*/grade.json")):
		    result = json.loads(path.read_text())
		    print(result["submission"], *(f'{s["name"]}={s["outcome"]}' for s in result["scenarios"]))
	END
}

# left prints the processes that were started below TMPDIR, and the files that are there.
left() {
	grep -lsaF "$TMPDIR" /proc/[0-9]*/environ /proc/[0-9]*/cmdline | grep -vE "^/proc/($$|$BASHPID|self)/" | while IFS=/ read -r _ _ pid _; do
		{ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -v '^grep ' | grep -E 'scenarios|peerlab|python3|server|client'
	done
	ls "$TMPDIR"
}

trial_killed() {
	local n grader end seen
	submissions 0
	for n in {1..20}; do
		rm -rf "$scratch/out"
		bin/peerlab grade -o "$scratch/out" "$scratch/class/student0" >/dev/null 2>&1 &
		grader=$!
		sleep "$(awk -v r="$RANDOM" 'BEGIN { print r / 32768 * 2.5 }')"
		kill -9 "$grader" 2>/dev/null
		wait "$grader" 2>/dev/null
		end=$((SECONDS + 75))
		while [ -n "$(left)" ] && ((SECONDS < end)); do sleep 0.2; done
		[ -z "$(left)" ] || bad "run $n: left: $(left)"
		seen=none
		for file in "$scratch"/out/student0/{results,grade,result,prairielearn}.json; do
			[ -e "$file" ] || continue
			python3 -m json.tool "$file" >/dev/null || bad "run $n: $file is not valid"
			seen=$(points "$scratch/out")
		done
		echo "killed: run $n: $seen, nothing left after $((75 - end + SECONDS)) s"
	done
}

trial_class() {
	local jobs began
	submissions {0..29}
	for jobs in 4 1; do
		began=$SECONDS
		bin/peerlab grade -jobs "$jobs" -o "$scratch/jobs$jobs" "$scratch"/class/* >/dev/null || bad "status $? with -jobs $jobs"
		points "$scratch/jobs$jobs" >"$scratch/points$jobs"
		echo "class: 30 submissions, -jobs $jobs, $((SECONDS - began)) s"
	done
	diff "$scratch/points4" "$scratch/points1" || bad "the scores differ"
	cut -d' ' -f2- "$scratch/points1" | sort | uniq -c
}

trial_busy() {
	local n loops=()
	submissions 0 1
	for n in 1 2; do
		while :; do :; done &
		loops+=($!)
	done
	for n in {1..20}; do
		bin/peerlab grade -jobs 2 -o "$scratch/busy" "$scratch"/class/* >/dev/null || bad "status $?"
		points "$scratch/busy"
		rm -r "$scratch/busy"
	done >"$scratch/scores"
	kill "${loops[@]}"
	sort "$scratch/scores" | uniq -c | tee "$scratch/different"
	[ "$(wc -l <"$scratch/different")" = 2 ] || bad "more than one score for a submission"
}

# trial_engine has an engine of its own, with the images that it needs. Its network is its own, too: without a bridge it removes that of the machine.
trial_engine() {
	local engine code grader
	cp bin/server "$scratch/server" && cp bin/client "$scratch/client.out"
	printf 'FROM scratch\nCOPY server client.out /usr/local/bin/\n' >"$scratch/Dockerfile"
	docker build -q -t peerlab-trial:1 "$scratch" >/dev/null 2>&1 || bad "no image"
	docker save -o "$scratch/images.tar" peerlab-trial:1 peerlab/holder:latest || bad "no images: make holder-image"
	docker rmi peerlab-trial:1 >/dev/null
	unshare --net dockerd --data-root "$scratch/docker" --exec-root "$scratch/exec" --pidfile "$scratch/docker.pid" --host "unix://$scratch/docker.sock" \
		--bridge none --iptables=false >"$scratch/dockerd.log" 2>&1 &
	engine=$!
	export DOCKER_HOST=unix://$scratch/docker.sock
	until docker load -q -i "$scratch/images.tar" >/dev/null 2>&1; do
		kill -0 "$engine" || { tail "$scratch/dockerd.log"; exit 1; }
		sleep 0.5
	done
	bin/peerlab grade -o "$scratch/out" image:peerlab-trial:1 >"$scratch/said" 2>&1 &
	grader=$!
	until docker ps -q 2>/dev/null | grep -q . && grep -qs '"outcome": "passed"' "$scratch"/out/*/grade.json; do
		kill -0 "$grader" || break
		sleep 0.05
	done
	kill -9 "$engine"
	wait "$grader"
	code=$?
	tail -n 3 "$scratch/said"
	points "$scratch/out"
	[ "$code" = 3 ] || bad "status $code"
	! grep -q '"outcome": "failed"' "$scratch"/out/*/grade.json || bad "points were lost"
	# The shims outlive their engine, and the programs in the containers are their children.
	grep -lsaF "$scratch/" /proc/[0-9]*/cmdline | while IFS=/ read -r _ _ engine _; do
		read -ra children <"/proc/$engine/task/$engine/children" && kill -9 "$engine" "${children[@]}"
	done 2>/dev/null
	sleep 1
	grep -F " $scratch" /proc/mounts | cut -d' ' -f2 | sort -r | xargs -r umount -l
}

case ${1:-} in
killed) trial_killed ;;
class) trial_class ;;
busy) trial_busy ;;
engine) trial_engine ;;
*)
	sed -n 's/^# \{0,1\}//; 2,12p' "${BASH_SOURCE[0]}" >&2
	exit 2
	;;
esac
exit $status
