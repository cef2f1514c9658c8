package scripts

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// ready fakes an engine with a healthy server, a room-client1 of another
// profile that has ended with status 1, and what more is given.
func ready(t *testing.T, more string) *scripted {
	t.Helper()
	s := newScripted(t)
	s.docker(more + `
"compose config --services") echo server ;;
"ps "*service=server*) echo id-server ;;
"ps "*service=room-client1*) echo id-room ;;
"ps --all "*) echo id-server server; echo id-room room-client1 ;; # all of the project
"inspect -f "*Healthcheck*) echo /server; echo -health ;;
"inspect -f "*State.Status*id-room) echo exited 1 ;;
"inspect -f "*State.Status*) echo running 0 ;;
"exec id-room "*) exit 1 ;;`)
	return s
}

// Fault B1: a container of a profile that was not started kept `make up` from
// succeeding.
func TestReadyLooksOnlyAtWhatWasStarted(t *testing.T) {
	s := ready(t, "")
	r := s.runs("ready.sh")
	require.Equal(t, 0, r.status, r.stderr)
	require.Contains(t, r.stdout, "The lab runs")
	require.Contains(t, s.calls(), "exec id-server /server -health")
}

func TestReadyLooksAtTheServicesGiven(t *testing.T) {
	r := ready(t, `"logs "*id-room) echo its last words ;;`).runs("ready.sh", "server", "room-client1")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.stderr, "room-client1 has ended with status")
	require.Contains(t, r.stderr, "its last words")
}

func TestReadyMissesAServiceWithoutContainer(t *testing.T) {
	r := ready(t, "").runs("ready.sh", "server", "client1")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.stderr, "client1 has no container")
}

// Fault U1: two services were started on one port, with ten others, before one
// of them failed.
func TestUpRefusesPortsOfItsOwnThatCollide(t *testing.T) {
	s := newScripted(t)
	s.docker(`"compose config") cat <<'YAML'
services:
  client1:
    labels:
      peerlab.port.CLIENT1_PORT1: "0"
      peerlab.port.CLIENT1_PORT2: "6001"
  client2:
    labels:
      peerlab.port.CLIENT2_PORT1: "0"
      peerlab.port.CLIENT2_PORT2: "70000"
  relay:
    labels:
      peerlab.port.RELAY_PORT: "4100"
  server:
    labels:
      peerlab.port.SERVER_PORT: "04100"
YAML
;;`)
	r := s.runs("up.sh")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.stderr, "RELAY_PORT and SERVER_PORT are both 4100: choose another port")
	require.Contains(t, r.stderr, `CLIENT2_PORT2 is "70000": give a port, 1 to 65535`)
	require.NotContains(t, r.stderr, "PORT1", "source ports of 0 do not collide")
	require.Equal(t, []string{"compose config"}, s.calls(), "nothing is started")
}

// Fault U1: after a start that failed half-way, nothing named the containers that still ran.
func TestUpThatFailsHalfWayNamesWhatRuns(t *testing.T) {
	s := newScripted(t)
	s.docker(`
"compose config --services") echo server; echo relay ;;
"ps "*service=server*) echo id-server ;;
"ps "*service=relay*) echo id-relay ;;
"ps --filter label=com.docker.compose.service --format "*) echo id-server peerlab-server-1; echo id-relay peerlab-relay-1 ;;
"ps "*"--all "*) echo relay ;;
"ps "*) echo server ;;
"inspect -f "*Healthcheck*) echo /process; echo -health ;;
"inspect -f "*State.Status*id-relay) echo exited 1 ;;
"inspect -f "*State.ExitCode*id-relay) echo 1 ;;
"inspect -f "*Labels*) echo peerlab.port.RELAY_PORT 4100 ;; # of either
"logs "*id-relay) echo address already in use ;;
"exec id-relay "*) exit 1 ;;`)
	r := s.runs("up.sh")
	require.NotEqual(t, 0, r.status)
	require.Contains(t, r.stderr, "relay has ended with status 1")
	require.Contains(t, r.stderr, "port 4100 is taken by the container peerlab-server-1: end it, or choose another RELAY_PORT")
	require.Contains(t, r.stderr, "Running: server. Stopped: relay.")
	require.Contains(t, r.stderr, "make down")
}
