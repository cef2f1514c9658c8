#!/usr/bin/env bash
# One tmux window with a pane for every terminal of the lab that runs: scripts/wall.sh [SERVICE...]
#
# Outside tmux it makes the session "peerlab" and attaches to it; inside, it opens a window. No pane can harm its process by
# being left or closed: Ctrl-C detaches, and tmux's own hangup is not passed on (see attach.sh).
set -euo pipefail

readonly SESSION=peerlab
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-peerlab}

fail() {
	printf '%s\n' "$*" >&2
	exit 1
}

running() { docker ps --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --format '{{.Label "com.docker.compose.service"}}'; }

# order: the servers first, then by name.
order() { LC_ALL=C sort -V | awk '/server/ { print; next } { rest = rest $0 "\n" } END { printf "%s", rest }'; }

# pane SERVICE: the command that fills a pane.
pane() { printf 'exec %q -stay %q' "$here/attach.sh" "$1"; }

# open TARGET-COMMAND...: makes the window with the first service's pane, and prints the pane's id.
open_window() {
	local first=$1 environment=(-e "COMPOSE_PROJECT_NAME=$COMPOSE_PROJECT_NAME")
	if [ -n "${TMUX:-}" ]; then
		tmux new-window -P -F '#{pane_id}' -n "$SESSION" "${environment[@]}" "$(pane "$first")"
	else
		tmux new-session -d -P -F '#{pane_id}' -s "$SESSION" -n wall -x "${COLUMNS:-200}" -y "${LINES:-50}" "${environment[@]}" "$(pane "$first")"
	fi
}

# build SERVICE...
build() {
	local window name id
	id=$(open_window "$1")
	window=$(tmux display-message -p -t "$id" '#{window_id}')
	tmux set-option -w -t "$window" pane-border-status top
	tmux set-option -w -t "$window" pane-border-format ' #{?pane_active,#[bold],}#{pane_title} '
	tmux select-pane -t "$id" -T "$1"
	shift
	for name; do
		id=$(tmux split-window -P -F '#{pane_id}' -t "$window" -e "COMPOSE_PROJECT_NAME=$COMPOSE_PROJECT_NAME" "$(pane "$name")")
		tmux select-pane -t "$id" -T "$name"
		tmux select-layout -t "$window" tiled >/dev/null # after each, or there is soon no room for the next
	done
	tmux select-layout -t "$window" tiled >/dev/null
	tmux select-pane -t "$window.{top-left}"
}

# What only our own session may change: the mouse, and the line of help.
decorate() {
	tmux set-option -t "$SESSION" mouse on
	tmux set-option -t "$SESSION" status-left ''
	tmux set-option -t "$SESSION" status-right-length 120
	tmux set-option -t "$SESSION" status-right 'click, or Ctrl-B and an arrow: another terminal · Ctrl-C: leave it · Ctrl-B D: leave the wall'
}

main() {
	command -v tmux >/dev/null || fail "the wall needs tmux: apt-get install tmux (or brew install tmux). Without: make attach T=client1"
	[ $# != 0 ] || mapfile -t names < <(running | order)
	[ $# = 0 ] || names=("$@")
	[ "${#names[@]}" != 0 ] || fail "no terminal runs: make up"
	if [ -n "${TMUX:-}" ]; then
		build "${names[@]}"
		return
	fi
	tmux kill-session -t "=$SESSION" 2>/dev/null || true # an old wall; what it showed goes on
	build "${names[@]}"
	decorate
	if [ -t 0 ] && [ -t 1 ]; then exec tmux attach-session -t "=$SESSION"; fi
	echo "the wall is up: tmux attach -t $SESSION"
}

names=()
main "$@"
