package scripts

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// wall is a lab of two terminals, as a fake docker says, and a tmux server of
// the test's own.
func wall(t *testing.T) *scripted {
	t.Helper()
	lab.Needs(t, "tmux")
	s := newScripted(t)
	s.docker(`
"compose --profile * config --services") printf '%s\n' client1 client2 server ;;
"ps "*service=*) echo id ;;
"ps "*) printf '%s\n' client1 server ;;
"inspect "*Running*) echo true ;;
"logs "*) echo "log of project $COMPOSE_PROJECT_NAME, context $DOCKER_CONTEXT" ;;
"attach "*) exec cat ;;`)
	// The path of tmux's socket must be short.
	sockets, err := os.MkdirTemp("", "wall")
	require.NoError(t, err)
	s.env = append(s.env, "TMUX_TMPDIR="+sockets)
	t.Cleanup(func() {
		s.command(s.dir, "tmux", "kill-server")
		require.NoError(t, os.RemoveAll(sockets))
	})
	return s
}

// panes lists the titles of a session's panes.
func panes(s *scripted, session string) []string {
	s.t.Helper()
	r := s.command(s.dir, "tmux", "list-panes", "-s", "-t", "="+session+":", "-F", "#{pane_title}")
	require.Equal(s.t, 0, r.status, r.stderr)
	return strings.Fields(r.stdout)
}

// Fault B7: a session of the user's that is called peerlab was ended.
func TestWallLeavesASessionOfTheUsersAlone(t *testing.T) {
	s := wall(t)
	require.Equal(t, 0, s.command(s.dir, "tmux", "new-session", "-d", "-s", "peerlab", "cat").status)
	r := s.runs("wall.sh")
	require.Equal(t, 0, r.status, r.stderr)
	require.Contains(t, r.stdout, "tmux attach -t peerlab-2")
	require.Equal(t, []string{"server", "client1"}, panes(s, "peerlab-2"))
	require.Len(t, panes(s, "peerlab"), 1)

	// The wall's own session is replaced.
	r = s.runs("wall.sh", "client2")
	require.Equal(t, 0, r.status, r.stderr)
	require.Contains(t, r.stdout, "tmux attach -t peerlab-2")
	require.Equal(t, []string{"client2"}, panes(s, "peerlab-2"))
	require.Len(t, panes(s, "peerlab"), 1)
}

// Fault B7: the wall needed mapfile of bash 4 and new-session -e of tmux 3.2. It
// is opened here with bash 3.2's builtins and a tmux that knows no new-session -e.
func TestWallNeedsNoNewTmux(t *testing.T) {
	s := wall(t)
	found := s.command(s.dir, "sh", "-c", "command -v tmux")
	real := strings.TrimSpace(found.stdout)
	s.file("tmux", `#!/bin/bash
if [ "$1" = new-session ]; then
	for word in "${@:2}"; do
		[ "$word" != env ] || break # from here on it is the command of the pane
		[ "$word" != -e ] || { echo "tmux: unknown option -- e" >&2; exit 1; }
	done
fi
exec '`+real+`' "$@"
`, 0o755)
	r := s.runs("wall.sh")
	require.Equal(t, 0, r.status, r.stderr)
	require.Equal(t, []string{"server", "client1"}, panes(s, "peerlab"))
}

// A tmux server that runs already does not have the environment of `make wall`.
func TestWallGivesItsPanesTheProjectAndTheContext(t *testing.T) {
	s := wall(t)
	require.Equal(t, 0, s.command(s.dir, "tmux", "new-session", "-d", "-s", "other", "cat").status)
	require.Equal(t, 0, s.command(s.dir, "mkfifo", "heard").status)
	s.docker(`
"compose --profile * config --services") echo server ;;
"ps "*) echo id ;;
"logs "*) echo "project $COMPOSE_PROJECT_NAME, context $DOCKER_CONTEXT" >'` + s.dir + `/heard' ;;
"attach "*) exec cat ;;`)
	s.env = append(s.env, "COMPOSE_PROJECT_NAME=mine", "DOCKER_CONTEXT=far")
	r := s.runs("wall.sh", "server")
	require.Equal(t, 0, r.status, r.stderr)
	require.Equal(t, "project mine, context far\n", s.command(s.dir, "cat", "heard").stdout)
}

func TestWallKnowsItsTerminals(t *testing.T) {
	s := wall(t)
	r := s.runs("wall.sh", "client9")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.stderr, "there is no terminal 'client9'")
	s.docker("")
	r = s.runs("wall.sh")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.stderr, "make up")
}
