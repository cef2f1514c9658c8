#!/usr/bin/env bash
# The lab on several machines: the stack of compose.swarm.yaml, run by the swarm that this engine is a manager of.
#
#   scripts/swarm.sh up                  chooses a node for each service without one, gives the nodes images and files, starts all
#   scripts/swarm.sh down                stops and removes all but the volumes
#   scripts/swarm.sh home SERVICE        prints the node of a service
#   scripts/swarm.sh attach SERVICE      Ctrl-P Ctrl-Q leaves
#   scripts/swarm.sh kill SERVICE        kill -9
#   scripts/swarm.sh start SERVICE       after it has ended, in a new container with the same volume
#   scripts/swarm.sh move SERVICE NODE   stops it, and starts it at another node with its volume
#   scripts/swarm.sh revoke SERVICE      kills it, and has all others refuse its certificate
#
# The engine of each other node is reached by the docker context of the node's name: docker context create NODE --docker
# host=ssh://USER@ADDRESS. With REGISTRY=HOST:PORT/ the nodes pull images from there; otherwise this script loads them.
set -euo pipefail
# shellcheck source=scripts/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

readonly FILE=compose.swarm.yaml PATIENCE=60 # seconds
# After three heartbeats without a sign the swarm gives a node up, and ends the processes there as soon as it is back.
readonly HEARTBEAT=10m
readonly CERT_LIFE=2880h # 120 days
CERTS=${CERTS:-certs}    # the folder

# on NODE DOCKER-ARGUMENTS...: at the engine of that node.
on() {
	local node=$1
	shift
	if [ "$node" = "$self" ]; then
		docker "$@"
	elif docker context inspect "$node" >/dev/null 2>&1; then
		docker --context "$node" "$@"
	else
		fail "there is no docker context '$node'. Create it: docker context create $node --docker host=ssh://USER@$(address_of "$node")"
	fi
}

# look reads the nodes: a line for each with its name, address, state, availability and labels.
look() {
	local ids
	ids=$(docker node ls --quiet) || fail "this engine manages no swarm. Make one: docker swarm init, and on other machines the command that it prints"
	# shellcheck disable=SC2086 # a word for each node
	nodes=$(docker node inspect $ids --format '{{.Description.Hostname}} {{with .ManagerStatus}}{{.Addr}}{{else}}{{.Status.Addr}}{{end}} {{.Status.State}} {{.Spec.Availability}}{{range $key, $value := .Spec.Labels}} {{$key}}={{$value}}{{end}}')
}

names() { cut -d ' ' -f 1 <<<"$nodes"; }

address_of() { awk -v node="$1" '$1 == node { sub(/:2377$/, "", $2); print $2 }' <<<"$nodes"; }

# home SERVICE prints the node that has its label.
home() { awk -v label="peerlab.$1=yes" '{ for (i = 5; i <= NF; i++) if ($i == label) { print $1; exit } }' <<<"$nodes"; }

# container SERVICE prints the ID of its running container.
container() { on "$(home "$1")" ps --quiet --filter "label=com.docker.swarm.service.name=${PROJECT}_$1"; }

runs() { [ -n "$(container "$1")" ]; }
ended() { [ -z "$(container "$1")" ]; }
all_run() { { docker stack services --format '{{.Replicas}}' "$PROJECT" || echo none; } | awk -F / '$1 != $2 { missing = 1 } END { exit missing }'; }
all_ended() {
	local node
	for node in $(names); do
		[ -z "$(on "$node" ps --quiet --filter "label=com.docker.stack.namespace=$PROJECT")" ] || return 1
	done
}

# await WHAT COMMAND...: until the command succeeds.
await() {
	local what=$1 end=$((SECONDS + PATIENCE))
	shift
	until "$@"; do
		((SECONDS < end)) || fail "not so within $PATIENCE s: $what. See: docker stack ps --no-trunc $PROJECT"
		sleep 0.2
	done
}

services() { sed -n 's/.*node\.labels\.peerlab\.\([a-z0-9-]*\) == yes.*/\1/p' "$FILE"; }
# members prints the services that have a certificate; the agents of all nodes share one.
members() { services && echo agent; }
images() { sed -n 's,.*image: .*\(peerlab/[a-z-]*\)$,\1,p' "$FILE" | sort -u; }

# known SERVICE fails unless there is one.
known() {
	contains "$(services)" "$1" || fail "there is no service '$1'. All of them: $(services | in_a_line)"
	docker service inspect "${PROJECT}_$1" >/dev/null 2>&1 || fail "the lab is not up. Start it: make swarm-up"
}

running() {
	known "$1"
	runs "$1" || fail "$1 does not run. Start it: scripts/swarm.sh start $1"
}

# choose_nodes labels a node for each service that has none: the nodes in turn.
choose_nodes() {
	local ready service i=0
	ready=$(awk '$3 == "ready" && $4 == "active" { print $1 }' <<<"$nodes" | in_order)
	for service in $(services); do
		i=$((i % $(wc -l <<<"$ready") + 1))
		[ -n "$(home "$service")" ] || docker node update --label-add "peerlab.$service=yes" "$(sed -n "${i}p" <<<"$ready")" >/dev/null
	done
	look
}

# give_images NODE: loads the images there, unless it has them.
give_images() {
	local have images
	# shellcheck disable=SC2207 # a word for each image
	images=($(images))
	have=$(docker image inspect --format '{{.Id}}' "${images[@]}") || fail "this engine lacks images. Build them: make images"
	[ "$(on "$1" image inspect --format '{{.Id}}' "${images[@]}" 2>/dev/null)" = "$have" ] || docker save "${images[@]}" | on "$1" load >/dev/null
}

# make_agent makes the image of the agents from bin/peerlab, unless it is that one.
make_agent() {
	local sum
	sum=$(cksum <bin/peerlab)
	[ "$(docker image inspect --format '{{.Comment}}' peerlab/agent 2>/dev/null)" = "$sum" ] ||
		tar -C bin -c peerlab | docker import --message "$sum" --change 'ENTRYPOINT ["/peerlab"]' - peerlab/agent >/dev/null
}

# certify makes a certificate for each service that has none: 'rm -r certs' has all of them made again.
certify() {
	local service
	for service in $(members) console; do
		[ -e "$CERTS/$service/key.pem" ] || bin/peerlab cert -dir "$CERTS" -for "$CERT_LIFE" "$service" >/dev/null
	done
}

sum() { cksum <"$CERTS/$1" | cut -d ' ' -f 1; }

# secret NAME FILE CERTIFICATE prints one. A secret does not change, so its name does, with the certificate.
secret() { echo "  $1: {file: \"$CERTS/$2\", name: peerlab-$1-$(sum "$3")}"; }

# secrets prints the rest of the stack: each service has its certificate, in a volume with the list of those that are revoked.
secrets() {
	local service
	echo 'version: "3.8"'
	echo services:
	for service in $(members); do
		echo "  $service:"
		echo "    volumes: ['revoked:/run/secrets']"
		echo "    secrets: [{source: ca, target: ca.pem}, {source: $service-cert, target: cert.pem},"
		echo "      {source: $service-key, target: key.pem, uid: '65532', mode: 0400}]"
	done
	echo "volumes: {revoked: {name: $(revoked)}}"
	echo secrets:
	secret ca ca.pem ca.pem
	for service in $(members); do
		secret "$service-cert" "$service/cert.pem" "$service/cert.pem"
		secret "$service-key" "$service/key.pem" "$service/cert.pem"
	done
}

# holder NODE [VOLUME:FOLDER] prints the ID of a new container that has the volume at that folder, and never runs.
holder() { on "$1" create ${2:+--volume "$2"} "${REGISTRY:-}peerlab/node"; }

# give NODE FILES VOLUME FOLDER copies files to a volume there, which processes have at that folder.
give() {
	local id
	id=$(holder "$1" "$3:$4") && on "$1" cp "$2" "$id:$4" >/dev/null && on "$1" rm "$id" >/dev/null
}

# revoked prints the name of the volume that has the list of revoked certificates at each node. A list is one CA's.
revoked() { echo "${PROJECT}_revoked-$(sum ca.pem)"; }

give_list() { [ ! -e "$CERTS/revoked.pem" ] || give "$1" "$CERTS/revoked.pem" "$(revoked)" /run/secrets; }

up() {
	local node service resolve=never stopped said
	docker swarm update --dispatcher-heartbeat "$HEARTBEAT" >/dev/null
	choose_nodes
	certify
	[ -n "${REGISTRY:-}" ] || make_agent
	for node in $(names); do
		[ -n "${REGISTRY:-}" ] || give_images "$node"
		give_list "$node"
	done
	for service in node1 node2 node3; do give "$(home "$service")" "files/$service/." "${PROJECT}_$service" /data; done
	SERVER_HOST=$(address_of "$(home server)") RELAY_HOST=$(address_of "$(home relay)")
	ORDER_HOST=$(address_of "$(home order-server)") ROOM_HOST=$(address_of "$(home room-server)")
	export SERVER_HOST RELAY_HOST ORDER_HOST ROOM_HOST
	[ -z "${REGISTRY:-}" ] || resolve=always
	stopped=$(docker stack services --format '{{.Replicas}} {{.Name}}' "$PROJECT" 2>/dev/null | sed -n 's,^0/1 ,,p')
	said=$(secrets | docker stack deploy --resolve-image "$resolve" --compose-file "$FILE" --compose-file - "$PROJECT" 2>&1) || fail "$said"
	for service in $stopped; do docker service update --force --detach "$service" >/dev/null; done
	await "all services run" all_run
	for service in $(services); do printf '%-14s at %s\n' "$service" "$(home "$service")"; done
	echo "The page of all machines: bin/peerlab console -swarm"
}

attach() {
	local id
	id=$(container "$1")
	printf '[%s at %s; leave: Ctrl-P Ctrl-Q · Ctrl-C and Ctrl-D end the process]\n' "$1" "$(home "$1")"
	on "$(home "$1")" logs --tail 15 "$id"
	on "$(home "$1")" attach --sig-proxy=false "$id" || true # the exit status of the process, or 1 after Ctrl-P Ctrl-Q; neither is a failure
}

kill_now() {
	on "$(home "$1")" kill "$(container "$1")" >/dev/null
	await "$1 has ended" ended "$1"
}

# newest SERVICE prints the ID and the state of its newest task.
newest() { docker service ps --format '{{.ID}} {{.CurrentState}}' "${PROJECT}_$1" | sed -n 1p; }

# started SERVICE BEFORE: a task that is not BEFORE runs, or has ended: a client of order ends at once.
started() {
	read -r task state _ <<<"$(newest "$1")"
	[ "$task" != "$2" ] && [[ $state =~ ^(Running|Complete|Failed|Rejected)$ ]]
}

start() {
	local before task state
	ended "$1" || fail "$1 runs, at $(home "$1")"
	read -r before _ <<<"$(newest "$1")"
	docker service update --force --detach --replicas 1 "${PROJECT}_$1" >/dev/null
	await "$1 runs" started "$1" "$before"
	[[ $state != Failed && $state != Rejected ]] || fail "$1 has failed. See: docker service logs --raw ${PROJECT}_$1, docker service ps --no-trunc ${PROJECT}_$1"
}

revoke() {
	local node missed=
	bin/peerlab cert -dir "$CERTS" -revoke "$1" >/dev/null
	for node in $(names); do give_list "$node" || missed+=" $node"; done
	[ -z "$missed" ] || fail "processes at$missed still accept $1. When that is reachable, revoke $1 again"
	ended "$1" || kill_now "$1"
}

move() {
	local from to=$2 volume old new
	from=$(home "$1")
	[ -n "$(address_of "$to")" ] || fail "there is no node '$to'. All of them: $(names | in_a_line)"
	[ "$from" != "$to" ] || fail "$1 is at $to already"
	volume=$(docker service inspect --format '{{range .Spec.TaskTemplate.ContainerSpec.Mounts}}{{if eq .Target "/data"}}{{.Source}}:/data{{end}}{{end}}' "${PROJECT}_$1")
	old=$(holder "$from" "$volume")
	new=$(holder "$to" "$volume")
	docker service scale --detach "${PROJECT}_$1=0" >/dev/null
	await "$1 has ended" ended "$1"
	on "$from" cp "$old:/data/." - | on "$to" cp - "$new:/data"
	on "$from" rm "$old" >/dev/null
	on "$to" rm "$new" >/dev/null
	docker node update --label-rm "peerlab.$1" "$from" >/dev/null
	docker node update --label-add "peerlab.$1=yes" "$to" >/dev/null
	look
	docker service scale --detach "${PROJECT}_$1=1" >/dev/null
	await "$1 runs" runs "$1"
}

self=$(docker info --format '{{.Name}}')
look
case $#:${1:-} in
1:up) up ;;
1:down)
	docker stack rm "$PROJECT"
	await "all containers have ended" all_ended
	;;
2:attach) running "$2" && attach "$2" ;;
2:kill) running "$2" && kill_now "$2" ;;
2:home) known "$2" && home "$2" ;;
2:start) known "$2" && start "$2" ;;
2:revoke) known "$2" && revoke "$2" ;;
3:move) known "$2" && move "$2" "$3" ;;
*) fail "usage: scripts/swarm.sh up|down, scripts/swarm.sh home|attach|kill|start|revoke SERVICE, or scripts/swarm.sh move SERVICE NODE" ;;
esac
