#!/usr/bin/env bash
# Attaches to one terminal of the lab, after the last lines of its screen.
#
#   scripts/attach.sh SERVICE          as `docker compose attach`: Ctrl-P Ctrl-Q leaves, Ctrl-C goes to the process
#   scripts/attach.sh -stay SERVICE    for a pane of the wall: Ctrl-C leaves, and when the process exits or is killed,
#                                      the pane waits until it is started again
set -euo pipefail
# shellcheck source=scripts/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

readonly LINES_BEFORE=15

note() { printf '\r\n\033[2m[%s]\033[0m\r\n' "$*"; }

# container prints the ID of the service's running container.
container() { containers_of "$service" --quiet | sed -n 1p; }

attach_once() {
	local id state
	read -r id state <<<"$(containers_of "$service" --all --format '{{.ID}} {{.State}}' | sort -k2,2r | sed -n 1p)"
	case $state in
	running) ;;
	paused) fail "$service is paused. Resume it: docker compose unpause $service" ;;
	'') explain_absence ;;
	*) fail "$service does not run (it is $state$(docker inspect -f ', status {{.State.ExitCode}}' "$id" 2>/dev/null || true)). Start it: docker compose start $service" ;;
	esac
	note "leave: Ctrl-P Ctrl-Q · Ctrl-C and Ctrl-D end the process"
	show_log "$id" --tail="$LINES_BEFORE"
	docker attach --sig-proxy=false "$id" || true # the exit status of the process, or 1 after Ctrl-P Ctrl-Q; neither is a failure
}

# explain_absence fails with the reason why the service has no container here, unless it is one of the swarm's.
explain_absence() {
	local known
	[ -z "$(docker service inspect --format '{{.ID}}' "${PROJECT}_$service" 2>/dev/null || true)" ] || exec scripts/swarm.sh attach "$service"
	known=$(services_known)
	if ! contains "$known" "$service"; then
		fail "there is no terminal '$service'. Running: $(services_running | in_a_line) (make up starts the lab). All of them: $(in_order <<<"$known" | in_a_line)"
	elif [ -z "$(containers --all --quiet)" ] && contains "$(services_started)" "$service"; then
		fail "the lab is not up. Start it: make up"
	else
		fail "$service has not been started. Start it: docker compose up --detach $service"
	fi
}

# show_log ID DOCKER-LOGS-FLAG shows the screen so far. Some log drivers, such as none, cannot be read.
show_log() { docker logs "$2" "$1" 2>&1 || note "its log cannot be read: the screen begins here"; }

await_container() {
	local id
	until id=$(container) && [ -n "$id" ]; do sleep 0.3; done
	echo "$id"
}

# now prints the time for docker logs --since. macOS's date has no fractions of a second and prints an N.
now() { date -u +%Y-%m-%dT%H:%M:%S.%NZ | sed 's/\.%*NZ$/Z/'; }

# A line that the process shows between its start and the attachment is in its log only, so the pane shows the log of the
# time in which it was not attached.
stay() {
	local id away=--tail=$LINES_BEFORE
	while id=$(await_container); do
		show_log "$id" "$away"
		docker attach --sig-proxy=false --detach-keys=ctrl-c "$id" || true
		away=--since=$(now)
		if [ "$(docker inspect -f '{{.State.Running}}' "$id" 2>/dev/null)" = true ]; then
			note "$service still runs. Enter: attach again · Ctrl-C: close this pane"
			read -r
		else
			note "$service has ended$(docker inspect -f ' (status {{.State.ExitCode}})' "$id" 2>/dev/null || true); this pane continues when it is started again"
		fi
	done
}

case $#:${1:-} in
1:?*)
	service=$1
	attach_once
	;;
2:-stay)
	service=$2
	stay
	;;
*) fail "usage: scripts/attach.sh [-stay] SERVICE, such as: scripts/attach.sh client1" ;;
esac
