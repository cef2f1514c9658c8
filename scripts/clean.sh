#!/usr/bin/env bash
# Removes everything that the lab and its tests have created on this machine, and prints what it keeps.
set -uo pipefail
# shellcheck source=scripts/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

status=0

# attempt COMMAND...: runs a command; prints a failure and continues.
attempt() {
	local out
	out=$("$@" 2>&1) || {
		printf "'%s' failed:\n%s\n" "$*" "$out" >&2
		status=1
	}
}

# images DOCKER-IMAGE-LS-FLAGS...: prints the names of images, one a line, and the ID of an image without a name.
images() { docker image ls --format '{{if eq .Tag "<none>"}}{{.ID}}{{else}}{{.Repository}}:{{.Tag}}{{end}}' "$@" | sort -u; }

# remove_images removes the programs' images, the bench's, the stages that built them, and a builder that bootstrap.sh
# imported; a builder that was pulled stays.
remove_images() {
	local image
	for image in $(images --filter 'reference=peerlab/*') \
		$(images --filter dangling=true --filter label=peerlab.stage) \
		$(images --filter dangling=true --filter label=peerlab.builder=imported) \
		$(images --filter label=peerlab.builder=imported); do
		! docker image inspect "$image" >/dev/null 2>&1 || attempt docker image rm "$image" # an image may share its ID with one already removed
	done
}

# remove_locks removes the lock files of test runs and of bootstrap.sh that no process holds.
remove_locks() {
	local file
	command -v flock >/dev/null || return 0
	for file in "${TMPDIR:-/tmp}"/peerlab-ports/* "${TMPDIR:-/tmp}/peerlab-engine.lock" \
		"${XDG_RUNTIME_DIR:-/tmp}/peerlab-bootstrap.$UID.lock" "/tmp/peerlab-bootstrap.$UID.lock"; do
		[ ! -f "$file" ] || flock -n "$file" rm -f "$file"
	done
	rmdir "${TMPDIR:-/tmp}/peerlab-ports" 2>/dev/null || true
}

# left NAME [HOW] prints the name of something that is kept, and how to remove it.
left() { printf '  left: %s%s\n' "$1" "${2:+ (remove: $2)}"; }

print_left() {
	local builder file
	builder=${GO_IMAGE:-$(sed -n 's/^ARG GO_IMAGE=//p' Dockerfile)}
	if [ "$engine" = no ]; then
		left "containers, images and volumes, if there are any: no Docker engine answers ($(docker version 2>&1 | tail -n 1))"
	else
		! docker image inspect "$builder" >/dev/null 2>&1 || left "the image $builder" "docker image rm $builder"
		[ -z "$(docker ps --all --quiet --filter label=peerlab.lab)" ] || left "containers of test runs, which a run removes itself, or the next one does"
		left "Docker, its compose plugin and its build cache" "docker builder prune"
	fi
	[ ! -d certs ] || left "certs/, the lab's CA and keys" "rm -r certs"
	for file in clients.txt*; do [ ! -e "$file" ] || left "$file, a server's registry" "rm $file"; done
	left "Go's caches" "go clean -cache -testcache -fuzzcache -modcache"
}

attempt rm -rf bin artifacts
remove_locks
engine=no
if command -v docker >/dev/null && docker version >/dev/null 2>&1; then
	engine=yes
	attempt docker compose --profile '*' down --remove-orphans --volumes
	remove_images
fi
print_left
exit "$status"
