#!/usr/bin/env bash
# One terminal of the lab: the last lines of its screen, then the terminal itself.
#
#   scripts/attach.sh SERVICE          as `docker compose attach`: Ctrl-P Ctrl-Q leaves, Ctrl-C goes to the process
#   scripts/attach.sh -stay SERVICE    for a pane of the wall: Ctrl-C leaves, and when the process ends, by kill or by itself,
#                                      the pane waits for it to be started again and goes on
set -euo pipefail

readonly PROJECT=${COMPOSE_PROJECT_NAME:-peerlab}
readonly LINES_BEFORE=15

fail() {
	printf '%s\n' "$*" >&2
	exit 1
}

note() { printf '\r\n\e[2m[%s]\e[0m\r\n' "$*"; }

# The service's running container. Asking the engine by label takes a fifth of the time of `docker compose ps`.
container() {
	docker ps -q --filter "label=com.docker.compose.project=$PROJECT" --filter "label=com.docker.compose.service=$service" |
		head -n 1
}

attach_once() {
	local id
	id=$(container)
	[ -n "$id" ] || fail "'$service' does not run. What does: docker compose ps. Start it: docker compose start $service"
	note "leave: Ctrl-P Ctrl-Q · Ctrl-C and Ctrl-D end the process"
	docker logs --tail "$LINES_BEFORE" "$id"
	docker attach --sig-proxy=false "$id" || true # its status is the process's own, or 1 for having left: neither is a failure
}

await_container() {
	local id
	until id=$(container) && [ -n "$id" ]; do sleep 0.3; done
	echo "$id"
}

# What a process says as it starts would be lost if the pane attached at once; so it looks for it now and then, and shows the
# log of the time it was away before it attaches.
stay() {
	local id away=(--tail="$LINES_BEFORE")
	while id=$(await_container); do
		docker logs "${away[@]}" "$id" || true
		docker attach --sig-proxy=false --detach-keys=ctrl-c "$id" || true
		away=(--since="$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)")
		if [ "$(docker inspect -f '{{.State.Running}}' "$id" 2>/dev/null)" = true ]; then
			note "$service runs on. Enter: attach again · Ctrl-C: close this pane"
			read -r
		else
			note "$service has ended$(docker inspect -f ' (status {{.State.ExitCode}})' "$id" 2>/dev/null || true); this pane goes on when it is started again"
		fi
	done
}

case $# in
1)
	service=$1
	attach_once
	;;
2)
	service=$2
	stay
	;;
*) fail "usage: scripts/attach.sh [-stay] SERVICE" ;;
esac
