#!/usr/bin/env bash
# Waits until every process of the lab answers its own health question, then says what can be done with the lab.
#
# It asks by itself, as the images' health checks would: the engine first asks after a whole interval.
set -euo pipefail

readonly PROJECT=${COMPOSE_PROJECT_NAME:-peerlab} SECONDS_AT_MOST=120 # it takes four

ours() { docker ps --all --filter "label=com.docker.compose.project=$PROJECT" "$@"; }

# await_healthy ID NAME
await_healthy() {
	local question
	mapfile -t question < <(docker inspect -f '{{range slice .Config.Healthcheck.Test 1}}{{println .}}{{end}}' "$1" | sed '/^$/d')
	until docker exec "$1" "${question[@]}" >/dev/null 2>&1; do
		case $(docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$1") in
		'exited 0') return ;; # it has done what it was to: of a profile, such as order-client-x
		exited*) give_up "$1" "$2 has ended; it said:" ;;
		esac
		((SECONDS < SECONDS_AT_MOST)) || give_up "$1" "$2 runs but is not well after $SECONDS_AT_MOST s; it said:"
		sleep 0.1
	done
}

give_up() {
	printf '%s\n' "$2" >&2
	docker logs --tail 10 "$1" >&2
	exit 1
}

main() {
	local id name
	while read -r id name; do
		await_healthy "$id" "$name"
	done < <(ours --format '{{.ID}} {{.Label "com.docker.compose.service"}}')
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

main
