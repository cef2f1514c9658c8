#!/usr/bin/env bash
# Ensures that this machine has what the lab's containers need. If it has, the script is silent and quick:
#
#   engine    a Docker engine that answers
#   compose   the `docker compose` plugin
#   builder   the image in which the Dockerfile compiles
#   chromium  the browser in which the page is tested
#
# Usage: scripts/bootstrap.sh [engine|compose|builder|chromium]...     no argument: the first three
#        PEERLAB_BOOTSTRAP=no makes it fail, with what is missing, instead of installing or starting anything
#
# Each step checks, takes a lock, checks again and only then acts, so that two may run at once. All output goes to standard
# error.
set -euo pipefail

readonly COMPOSE_MODULE=github.com/docker/compose/v2 COMPOSE_VERSION=v2.40.3
readonly ENGINE_LOG=${PEERLAB_DOCKERD_LOG:-/var/log/peerlab-dockerd.log}
readonly ENGINE_PATIENCE=60 # seconds for one answer of the engine; a busy machine needs several
readonly ENGINE_WAIT=180 # seconds; a first start on a slow disk takes about ten
readonly PULL_WAIT=600  # seconds; an unreachable registry fails much earlier

# The PATH of ordinary users, and of some CI, lacks the folders of dockerd and iptables.
PATH=$PATH:/usr/sbin:/sbin

say() { printf 'bootstrap: %s\n' "$*" >&2; }

fail() {
	say "$@"
	exit 1
}

# about announces a change to the machine before it is made; PEERLAB_BOOTSTRAP=no forbids it.
about() {
	[ "${PEERLAB_BOOTSTRAP:-}" != no ] || fail "PEERLAB_BOOTSTRAP=no forbids $*: do that yourself, or unset PEERLAB_BOOTSTRAP"
	say "$* ..."
}

has() { command -v "$1" >/dev/null 2>&1; }

# need CHECK MEND: runs MEND, alone on this machine, unless CHECK holds. The lock's descriptor is closed for MEND: a dockerd
# that inherited it would keep the lock until it exits.
need() {
	if "$1"; then return; fi
	if ! has flock; then # macOS
		"$2"
		return
	fi
	(
		flock -n 9 || { say "another bootstrap is running; waiting for it" && flock 9; }
		"$1" || "$2" 9>&-
	) 9>"$(lock_folder)/peerlab-bootstrap.$UID.lock"
}

# lock_folder prints XDG_RUNTIME_DIR, which after su or sudo may name another user's folder or none.
lock_folder() {
	if [ -d "${XDG_RUNTIME_DIR:-}" ] && [ -w "$XDG_RUNTIME_DIR" ]; then echo "$XDG_RUNTIME_DIR"; else echo /tmp; fi
}

# --- engine ---

# Uses `docker info`, since an engine whose network code is stuck still answers `docker version`; exit status 124 means such an
# engine.
ask_engine() { bounded "$ENGINE_PATIENCE" docker info >/dev/null 2>&1; }

# Engine 20.10, Debian 12's, can lock up for good when two containers end in the same instant, and only a restart helps
# (https://github.com/moby/moby/issues/46661). The script does not restart it, since that would stop other containers.
have_engine() {
	local code=0
	ask_engine || code=$?
	[ "$code" != 124 ] || fail "the Docker engine takes calls but has not answered within $ENGINE_PATIENCE s, it is stuck: restart it" \
		"(systemctl restart docker; without systemd: kill -9 \$(cat /var/run/docker.pid), and retry)"
	return "$code"
}

# bounded SECONDS COMMAND...; macOS has no timeout.
bounded() {
	if has timeout; then timeout "$@"; else "${@:2}"; fi
}

mend_engine() {
	refuse_elsewhere
	refuse_without_rights
	if ! has dockerd || ! has docker; then install_engine; fi
	have_engine || start_engine # the package may have started it
}

# refuse_elsewhere fails if the user has chosen an engine by DOCKER_HOST or a docker context: this script starts and installs
# only the one at the default socket. DOCKER_HOST beats DOCKER_CONTEXT, which beats 'docker context use'.
refuse_elsewhere() {
	local context
	if [ -n "${DOCKER_HOST:-}" ]; then
		has docker || fail "DOCKER_HOST is $DOCKER_HOST, but the docker command is not installed: install the Docker client"
		fail "the engine at DOCKER_HOST=$DOCKER_HOST does not answer: start it, or unset DOCKER_HOST"
	fi
	has docker || return 0
	context=$(docker context inspect --format '{{.Name}} at {{.Endpoints.docker.Host}}' 2>&1) ||
		fail "the docker context '${DOCKER_CONTEXT:-}' cannot be used ($(tail -n 1 <<<"$context")). Choose another: $(other_context)"
	[[ $context == 'default at '* ]] ||
		fail "the engine of the docker context $context does not answer: start it, or choose another: $(other_context)"
}

# other_context prints the command by which the user leaves the context that is chosen now.
other_context() { if [ -n "${DOCKER_CONTEXT:-}" ]; then echo 'unset DOCKER_CONTEXT'; else echo 'docker context use default'; fi }

refuse_without_rights() {
	[ "$(id -u)" != 0 ] || return 0
	if [ -S /var/run/docker.sock ] && [ ! -w /var/run/docker.sock ]; then
		fail "a Docker engine is here, but not for $(id -un): run 'sudo usermod -aG docker $(id -un)', log in again, and retry"
	fi
	advise_install
}

advise_install() {
	say "no Docker engine answers, and this script only installs one as root on Debian or Ubuntu. Do one of these and retry:"
	say "  Linux            install Docker Engine (https://docs.docker.com/engine/install/), then 'sudo systemctl start docker'"
	say "  macOS, Windows   start Docker Desktop 4.34 or newer, with Settings > Resources > Network > Enable host networking"
	fail "  no containers    'make e2e-native' runs the same scenarios as plain processes"
}

install_engine() {
	has apt-get || advise_install
	about "installing docker.io (apt-get, less than a minute)"
	apt-get -q update >/dev/null 2>&1 </dev/null || true # one broken package source does not stop the installation
	DEBIAN_FRONTEND=noninteractive logged apt-get -q -y -o DPkg::Lock::Timeout=300 install docker.io
	hash -r
	# Newer Debian ships the client apart, and only recommends it.
	has docker || DEBIAN_FRONTEND=noninteractive logged apt-get -q -y install docker-cli
}

# logged COMMAND...: prints the output of the command only if it fails.
logged() {
	local out
	out=$("$@" </dev/null 2>&1) || {
		printf '%s\n' "$out" | tail -n 20 >&2
		fail "'$*' failed, see above"
	}
}

start_engine() {
	if [ -d /run/systemd/system ]; then
		about "starting docker (systemctl)"
		logged systemctl start docker
		await_engine
		return
	fi
	forget_dead /var/run/docker.pid dockerd
	forget_dead /var/run/docker/containerd/containerd.pid containerd
	if [ -e /var/run/docker.pid ]; then # it is starting already
		await_engine
		return
	fi
	about "starting dockerd (its log: $ENGINE_LOG)"
	setsid dockerd >>"$ENGINE_LOG" 2>&1 </dev/null &
	await_engine "$!"
}

# forget_dead FILE NAME: drops a pid file whose process is no longer NAME. A machine that was switched off leaves such files,
# and so does a kill -9 where no process reaps (a zombie has no command line); dockerd takes either for a dockerd that runs.
forget_dead() {
	local pid
	[ -e "$1" ] || return 0
	pid=$(cat "$1")
	grep -qsa "$2" "/proc/$pid/cmdline" || rm -f "$1"
}

# await_engine [PID] waits until the engine answers or, with PID, until that process exits.
await_engine() {
	local end=$((SECONDS + ENGINE_WAIT))
	while ((SECONDS < end)); do
		ask_engine && return
		[ -z "${1:-}" ] || kill -0 "$1" 2>/dev/null || break
		sleep 0.25
	done
	[ ! -e "$ENGINE_LOG" ] || tail -n 15 "$ENGINE_LOG" >&2
	fail "the Docker engine does not answer ($(bounded 5 docker version 2>&1 | tail -n 1))"
}

# --- compose ---

have_compose() { docker compose version >/dev/null 2>&1; }

# Builds compose from its module, which needs only Go. 'go install' refuses a module with exclude lines, so the build runs in
# the module cache. The project's go.mod is not changed.
mend_compose() {
	local dir plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
	has go || fail "no 'docker compose', and no Go to build it with: install the plugin (https://docs.docker.com/compose/install/linux/)"
	about "building the docker compose plugin $COMPOSE_VERSION into $plugins (once, two to four minutes)"
	dir=$(cd / && go mod download -json "$COMPOSE_MODULE@$COMPOSE_VERSION" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",$/\1/p')
	[ -d "$dir" ] || fail "$COMPOSE_MODULE@$COMPOSE_VERSION could not be downloaded (GOPROXY=$(go env GOPROXY))"
	mkdir -p "$plugins"
	(
		export CGO_ENABLED=0 GOFLAGS='' GOWORK=off
		logged go build -C "$dir" -trimpath -ldflags "-s -w -X $COMPOSE_MODULE/internal.Version=$COMPOSE_VERSION" \
			-o "$plugins/.docker-compose.$$" ./cmd
	)
	mv "$plugins/.docker-compose.$$" "$plugins/docker-compose"
	have_compose || fail "$plugins/docker-compose was built, but docker does not take it: $(docker compose version 2>&1 | tail -n 1)"
}

# --- builder ---

# Reads the name from the Dockerfile, so that the two cannot differ.
builder_image() {
	local file
	file=$(dirname "${BASH_SOURCE[0]}")/../Dockerfile
	echo "${GO_IMAGE:-$(sed -n 's/^ARG GO_IMAGE=//p' "$file")}"
}

have_builder() { docker image inspect "$(builder_image)" >/dev/null 2>&1; }

mend_builder() {
	local image
	image=$(builder_image)
	about "pulling $image"
	bounded "$PULL_WAIT" docker pull -q "$image" >/dev/null 2>&1 </dev/null || import_go "$image"
}

# import_go IMAGE creates an image from this machine's Go, its certificates and an empty /tmp.
import_go() {
	local root base stage certificates
	has go || fail "$1 can not be pulled, and this machine has no Go to take its place: install Go 1.26 or newer, or mend the network"
	same_platform "$1"
	root=$(go env GOROOT)
	base=$(basename "$root")
	certificates=$(find_certificates)
	about "importing this machine's $(go env GOVERSION) as $1, which can not be pulled ('docker image rm $1' undoes it)"
	stage=$(mktemp -d)
	mkdir -p "$stage"/{tmp,root,etc/ssl/certs}
	chmod 1777 "$stage/tmp"
	cp -L "$certificates" "$stage/etc/ssl/certs/ca-certificates.crt"
	tar -c --dereference --owner=0 --group=0 --transform="s,^$base\b,usr/local/go," \
		--exclude='*_test.go' --exclude=testdata --exclude="$base/src/cmd" --exclude="$base"/{api,doc,misc,test} \
		-C "$stage" ./tmp ./root ./etc -C "$(dirname "$root")" "$base" |
		docker import -m "this machine's Go, in place of the real $1" \
			--change 'ENV PATH=/go/bin:/usr/local/go/bin HOME=/root GOPATH=/go GOTOOLCHAIN=local' \
			--change 'LABEL peerlab.builder=imported' - "$1" >/dev/null
	rm -rf "$stage"
	prove_builder "$1"
}

same_platform() {
	local go engine
	go=$(go env GOHOSTOS)/$(go env GOHOSTARCH)
	engine=$(docker version --format '{{.Server.Os}}/{{.Server.Arch}}')
	[ "$go" = "$engine" ] || fail "$1 can not be pulled, and this machine's Go ($go) does not run in its engine ($engine)"
}

find_certificates() {
	local file
	for file in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
		[ ! -s "$file" ] || {
			echo "$file"
			return
		}
	done
	fail "no CA certificates found: install ca-certificates, or set SSL_CERT_FILE"
}

# A Go that needs shared libraries (some distributions') does not run in an image that has none.
prove_builder() {
	docker run --rm --network none "$1" go version >/dev/null 2>&1 && return
	docker image rm -f "$1" >/dev/null
	fail "this machine's Go does not run alone in a container: install the one from https://go.dev/dl/ and retry"
}

# --- chromium ---

have_chromium() { has chromium; }

mend_chromium() {
	if ! has apt-get || [ "$(id -u)" != 0 ]; then fail "no chromium: install it, so that it is in the PATH by this name"; fi
	about "installing chromium (apt-get, about a minute)"
	apt-get -q update >/dev/null 2>&1 </dev/null || true
	DEBIAN_FRONTEND=noninteractive logged apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends chromium fonts-dejavu-core
	hash -r
	has chromium || fail "the package chromium was installed, and there is no such command"
}

main() {
	local step
	[ $# != 0 ] || set -- engine compose builder
	for step; do
		case $step in
		engine | compose | builder | chromium) need "have_$step" "mend_$step" ;;
		*) fail "'$step' is no step: give engine, compose, builder, chromium or nothing" ;;
		esac
	done
}

main "$@"
