# shellcheck shell=bash
# Functions that the scripts of the lab share. A script sources this file, which changes to the root of the repository.
#
# The scripts run with bash 3.2, macOS's, and the BSD tools: no mapfile, no find -printf, no empty "${array[@]}" under set -u.
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

# PROJECT is the compose project, which compose.yaml names and COMPOSE_PROJECT_NAME overrides.
readonly PROJECT=${COMPOSE_PROJECT_NAME:-peerlab}

fail() {
	printf '%s\n' "$*" >&2
	exit 1
}

# containers DOCKER-PS-FLAGS...: lists the project's containers, without those of `docker compose run`. Asking the engine by
# label takes a fifth of the time of `docker compose ps`.
containers() {
	docker ps --filter "label=com.docker.compose.project=$PROJECT" --filter label=com.docker.compose.oneoff=False "$@"
}

# containers_of SERVICE DOCKER-PS-FLAGS...
containers_of() {
	local service=$1
	shift
	containers --filter "label=com.docker.compose.service=$service" "$@"
}

# services_running prints the services that have a running container, one a line.
services_running() { containers --format '{{.Label "com.docker.compose.service"}}' | in_order; }

# services_known prints all services of compose.yaml, one a line.
services_known() { docker compose --profile '*' config --services | in_order; }

# services_started prints the services that `docker compose up` starts: those without a profile, or with one that is chosen.
services_started() { docker compose config --services | in_order; }

# in_order sorts by name, servers first.
in_order() { LC_ALL=C sort -uV | awk '/server/ { print; next } { rest = rest $0 "\n" } END { printf "%s", rest }'; }

# contains LINES WORD
contains() { grep -qxF -e "$2" <<<"$1"; }

# in_a_line joins lines with blanks; for no line it prints "none".
in_a_line() { awk '{ line = line (NR > 1 ? " " : "") $0 } END { print line == "" ? "none" : line }'; }
