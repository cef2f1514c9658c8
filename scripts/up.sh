#!/usr/bin/env bash
# Starts the lab from existing images and waits until it is ready: scripts/up.sh [SERVICE...]
#
# If that fails or is interrupted, it prints the running services and how to stop them.
set -euo pipefail
# shellcheck source=scripts/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

# check_ports refuses ports that two of the services would share; compose.yaml labels each service with its ports.
check_ports() {
	local config
	config=$(docker compose config "$@")
	sed -n 's/^ *peerlab\.port\.\([A-Z0-9_]*\): *"\{0,1\}\([^"]*\)"\{0,1\}$/\1 \2/p' <<<"$config" | awk '
		$1 ~ /_PORT1$/ && $2 == "0" { next } # any source port
		$2 !~ /^[0-9]+$/ || $2 + 0 < 1 || $2 + 0 > 65535 { print $1 " is \"" $2 "\": give a port, 1 to 65535"; bad = 1; next }
		$2 + 0 in user { print user[$2 + 0] " and " $1 " are both " $2 + 0 ": choose another port for one of them, such as " $1 "=" 10000 + ($2 + 0) % 20000; bad = 1; next }
		{ user[$2 + 0] = $1 }
		END { exit bad }' >&2
}

# choose_node_user lets the nodes run as the owner of files/ where the images' user cannot read it, as in a clone made with
# umask 077. Their containers have no capabilities, so root has no special rights in them.
choose_node_user() {
	local private
	[ -z "${NODE_USER:-}" ] || return 0
	private=$(find files '(' -type d ! -perm -005 -o -type f ! -perm -004 ')' | sed -n 1p)
	[ -n "$private" ] || return 0
	NODE_USER=$(find "$private" -prune -exec ls -ldn '{}' + | awk '{ print $3 ":" $4 }')
	export NODE_USER
	echo "other users cannot read $private: the nodes run as user $NODE_USER (with 'chmod -R a+rX files' they would not have to)" >&2
}

# describe prints the state after an unsuccessful start.
describe() {
	local status=$?
	[ "$status" != 0 ] || return 0
	{
		echo
		echo "The lab is not ready. Running: $(services_running | in_a_line). Stopped: $(containers --all --filter status=exited --filter status=created --format '{{.Label "com.docker.compose.service"}}' | in_order | in_a_line)."
		echo "Stop the lab: make down. Try again: make up"
	} >&2
	exit "$status"
}

main() {
	check_ports "$@"
	choose_node_user
	trap describe EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	docker compose up --detach --remove-orphans "$@"
	scripts/ready.sh "$@"
}

main "$@"
