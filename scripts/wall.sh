#!/usr/bin/env bash
# Opens one tmux window with a pane for every terminal of the lab that runs: scripts/wall.sh [SERVICE...]
#
# Outside tmux it creates a session, marks it with the user option @peerlab, and attaches to it; inside, it opens a window. It
# replaces an earlier session with that mark and no other: a session of the user's that is called peerlab stays. Leaving or
# closing a pane does not end its process: Ctrl-C detaches, and attach.sh does not pass on tmux's hangup. Needs tmux 3.0.
set -euo pipefail
# shellcheck source=scripts/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

# A running tmux server has the environment that it was started with, so each pane receives the variables that Docker reads.
# `env` sets it, because new-session -e needs tmux 3.2.
environment=("COMPOSE_PROJECT_NAME=$PROJECT" "PATH=$PATH" "HOME=${HOME:-/}")
for name in DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG DOCKER_CERT_PATH DOCKER_TLS_VERIFY COMPOSE_FILE SSH_AUTH_SOCK; do
	[ -z "${!name:-}" ] || environment+=("$name=${!name}")
done

# in_pane TMUX-COMMAND... SERVICE: runs a tmux command that opens a pane, with the pane's program. As several arguments the
# program needs no quoting for the user's shell.
in_pane() {
	local service=${!#}
	tmux "${@:1:$#-1}" env "${environment[@]}" "$PWD/scripts/attach.sh" -stay "$service"
}

# build TARGET SERVICE...: names the first pane of the window TARGET, and opens and names the others.
build() {
	local window=$1 name id
	tmux set-option -w -t "$window" pane-border-status top
	tmux set-option -w -t "$window" pane-border-format ' #{?pane_active,#[bold],}#{pane_title} '
	tmux select-pane -t "$window" -T "$2"
	shift 2
	for name; do
		id=$(in_pane split-window -P -F '#{pane_id}' -t "$window" "$name") || {
			tmux kill-window -t "$window"
			fail "this terminal is too small for so many panes: enlarge it, or name the terminals: scripts/wall.sh server client1"
		}
		tmux select-pane -t "$id" -T "$name"
		tmux select-layout -t "$window" tiled >/dev/null # after each pane, to make room for the next
	done
	tmux select-layout -t "$window" tiled >/dev/null
	tmux select-pane -t "$window.{top-left}"
}

# decorate SESSION sets the options of the wall's own session: the mouse and the help line.
decorate() {
	tmux set-option -t "$1" mouse on
	tmux set-option -t "$1" status-left ''
	tmux set-option -t "$1" status-right-length 120
	tmux set-option -t "$1" status-right 'click, or Ctrl-B and an arrow: another terminal · Ctrl-C: leave it · Ctrl-B D: leave the wall'
}

# close_old_wall ends the sessions that a wall of this project has marked.
close_old_wall() {
	local id mark
	while read -r id mark; do
		[ "$mark" != "$PROJECT" ] || tmux kill-session -t "$id"
	done < <(tmux list-sessions -F '#{session_id} #{@peerlab}' 2>/dev/null)
}

# free_name prints peerlab, or, if the user has such a session, peerlab-2 and so on.
free_name() {
	local name=peerlab number=1
	while tmux has-session -t "=$name" 2>/dev/null; do name=peerlab-$((number += 1)); done
	echo "$name"
}

# check_names SERVICE...
check_names() {
	local known name
	known=$(services_known)
	for name; do
		contains "$known" "$name" || fail "there is no terminal '$name'. All of them: $(in_a_line <<<"$known")"
	done
}

main() {
	local name session window
	command -v tmux >/dev/null || fail "the wall needs tmux: apt-get install tmux (or brew install tmux). Without: make attach T=client1"
	if [ $# != 0 ]; then
		check_names "$@"
	else
		while read -r name; do set -- "$@" "$name"; done < <(services_running)
		[ $# != 0 ] || fail "no terminal of the lab runs. Start it: make up"
	fi
	if [ -n "${TMUX:-}" ]; then
		window=$(in_pane new-window -P -F '#{window_id}' -n peerlab "$1")
		build "$window" "$@"
		return
	fi
	close_old_wall
	name=$(free_name)
	read -r session window <<<"$(in_pane new-session -d -P -F '#{session_id} #{window_id}' -s "$name" -n wall -x "${COLUMNS:-200}" -y "${LINES:-50}" "$1")"
	tmux set-option -t "$session" @peerlab "$PROJECT"
	build "$window" "$@"
	decorate "$session"
	if [ -t 0 ] && [ -t 1 ]; then exec tmux attach-session -t "=$name"; fi
	echo "the wall is up: tmux attach -t $name"
}

main "$@"
