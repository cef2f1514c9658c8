#!/usr/bin/env bash
# Waits until every process that `docker compose up` has started answers its health check: scripts/ready.sh [SERVICE...]
# Without a SERVICE it checks the services that start by default, and no containers of other profiles.
#
# It runs the health checks itself, because the engine runs the first one only after a whole interval.
set -euo pipefail
# shellcheck source=scripts/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

readonly SECONDS_AT_MOST=120 # usually four

# await_healthy ID SERVICE
await_healthy() {
	local word question=()
	while IFS= read -r word; do
		[ -z "$word" ] || question+=("$word")
	done < <(docker inspect -f '{{with .Config.Healthcheck}}{{range slice .Test 1}}{{println .}}{{end}}{{end}}' "$1")
	if [ "${#question[@]}" = 0 ]; then return; fi # an image without a health check
	until docker exec "$1" "${question[@]}" >/dev/null 2>&1; do
		case $(docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$1") in
		'exited 0') return ;; # it has exited normally, as order-client-x does
		'') give_up "$1" "$2 has been removed" ;;
		exited*) give_up "$1" "$2 has ended with status $(docker inspect -f '{{.State.ExitCode}}' "$1"); its last lines:" ;;
		esac
		((SECONDS < SECONDS_AT_MOST)) || give_up "$1" "$2 runs but its health check still fails after $SECONDS_AT_MOST s; its last lines:"
		sleep 0.1
	done
}

# give_up ID MESSAGE prints why a process is not ready, and which process holds its ports.
give_up() {
	printf '%s\n' "$2" >&2
	docker logs --tail 10 "$1" 2>&1 | sed 's/^/  /' >&2 || true
	blame_ports "$1" >&2
	blame_modes "$1" >&2
	exit 1
}

# blame_ports ID names the other holder of each port that the container's labels name.
blame_ports() {
	local variable port holder
	while read -r variable port; do
		[ -n "$port" ] || continue
		holder=$(holder_container "$port" "$1")
		[ -n "$holder" ] || holder=$(holder_process "$port")
		[ -z "$holder" ] || echo "port $port is taken by $holder: end it, or choose another $variable"
	done < <(ports_of "$1")
}

# ports_of ID prints the container's ports, each as VARIABLE PORT: see the labels in compose.yaml.
ports_of() {
	docker inspect -f '{{range $name, $value := .Config.Labels}}{{println $name $value}}{{end}}' "$1" | sed -n 's/^peerlab\.port\.//p'
}

# holder_container PORT ID names the running container other than ID that uses the port.
holder_container() {
	local id name
	while read -r id name; do
		if [ "$id" != "$2" ] && ports_of "$id" | grep -q " $1\$"; then
			echo "the container $name"
			return
		fi
	done < <(docker ps --filter label=com.docker.compose.service --format '{{.ID}} {{.Names}}')
}

# holder_process PORT names the process that listens at the port, as far as this user may see.
holder_process() {
	if command -v ss >/dev/null; then
		ss -ltnpH "sport = :$1" | sed -n 's/.*users:((\("[^"]*"\),pid=\([0-9]*\).*/process \2 \1/p; s/^LISTEN[^"]*$/a process of another user/p' | sed -n 1p
	elif command -v lsof >/dev/null; then
		lsof -nP -iTCP:"$1" -sTCP:LISTEN -Fpc 2>/dev/null | awk '/^p/ { pid = substr($0, 2) } /^c/ { print "process " pid " \"" substr($0, 2) "\""; exit }'
	fi
}

# blame_modes ID names the folder that the container's user may not be able to read.
blame_modes() {
	local folder
	folder=$(docker inspect -f '{{range .Mounts}}{{if eq .Type "bind"}}{{println .Source}}{{end}}{{end}}' "$1" | sed -n 1p)
	if [ -n "$folder" ] && grep -qi 'permission denied' <<<"$(docker logs --tail 10 "$1" 2>&1)"; then
		echo "the container's user cannot read $folder. Let it: chmod -R a+rX '$folder'"
	fi
}

main() {
	local service id ids services
	if [ $# != 0 ]; then services=$(printf '%s\n' "$@"); else services=$(services_started); fi
	for service in $services; do
		ids=$(containers_of "$service" --all --no-trunc --quiet)
		[ -n "$ids" ] || fail "$service has no container: it was removed, or not started"
		for id in $ids; do await_healthy "$id" "$service"; done
	done
	cat <<-'SCREEN'

		The lab runs, each process in a container of its own, all on 127.0.0.1:
		the chat (server, client1..client5) and the files (relay, node1..node3, fetch).

		  sit down at a terminal    make attach T=client1      leave: Ctrl-P Ctrl-Q (Ctrl-C ends the client)
		  fetch a file              make attach T=fetch        type its name, such as tyger.txt
		  see all of them           make wall                  needs tmux
		  read along                make logs

		  kill the server           docker compose kill server
		  bring it back             docker compose start server
		  freeze a client           docker compose pause client3      and: unpause
		  end it all                make down
	SCREEN
}

main "$@"
