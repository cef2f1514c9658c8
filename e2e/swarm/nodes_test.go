package swarm

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/stage"
)

// cutSeconds is for how long a node is cut off: longer than all time limits of the chat, and
// than a swarm waits by default until it gives a node up.
const cutSeconds = 30

// The processes at a node do not need its engine, and the chat does not need the processes there.
func TestAnEngineIsKilled(t *testing.T) {
	s := stage.StartSwarm(t, 1)
	here, elsewhere := s.At("host2")
	s.KillEngine("host2")
	s.Talk("without an engine", elsewhere...)
	s.Type("client3", "/who")
	for _, service := range here {
		s.Screen("client3").Contains("* " + stage.ServiceName(service) + ": connected")
	}

	s.StartEngine("host2") // it ends the containers that it finds
	for _, service := range here {
		s.StartAgain(service)
	}
	s.Talk("with an engine again", stage.ChatServices...)
}

// Both sides of a cut network go on, and agree when it is healed.
func TestANodeIsCutOff(t *testing.T) {
	s := stage.StartSwarm(t, 1)
	here, elsewhere := s.At("host3")
	before := tasks(s, "host3")
	s.Cut("host3")
	var lines []string
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for i := range cutSeconds {
		lines = append(lines, fmt.Sprintf("second %d of the cut", i))
		s.Talk(lines[i], here...)
		s.Talk(lines[i], elsewhere...)
		<-ticker.C
	}
	s.Heal("host3")
	for _, service := range here {
		s.Show(said(elsewhere, lines), service)
	}
	for _, service := range elsewhere {
		s.Show(said(here, lines), service)
	}
	s.Talk("healed", stage.ChatServices...)
	for _, line := range lines {
		s.Agree(line, stage.ChatServices, stage.ChatServices)
	}
	// The swarm has not given up what runs there, and starts processes there again.
	require.Equal(t, before, tasks(s, "host3"), "the others are being ended")
	s.Do("scripts/swarm.sh", "kill", here[0])
	s.StartAgain(here[0])
	s.Talk("and one is started there", stage.ChatServices...)
}

// said returns the lines as screens show them that were typed at each of these services.
func said(services, lines []string) (all []string) {
	for _, service := range services {
		for _, line := range lines {
			all = append(all, stage.ServiceName(service)+": "+line)
		}
	}
	return all
}

// tasks returns what the swarm means to run at a node. Clients of a room end when they are cut off from their server.
func tasks(s *stage.Swarm, node string) string {
	return s.Docker("host1", "stack", "ps", "--filter", "desired-state=running", "--filter", "node="+node, "--format", "{{.Name}}", "peerlab")
}

// A node whose machine is to be switched off is drained: its processes leave the chat.
func TestANodeIsDrained(t *testing.T) {
	s := stage.StartSwarm(t, 1)
	here, elsewhere := s.At("host2")
	s.Docker("host1", "node", "update", "--availability", "drain", "host2")
	for _, service := range here {
		s.Screen(service).Exits(0)
	}
	s.Talk("without host2", elsewhere...)
	s.Eventually("no container runs at host2", func() bool { return s.Docker("host2", "ps", "--quiet") == "" })

	s.Docker("host1", "node", "update", "--availability", "active", "host2")
	for _, service := range here {
		s.StartAgain(service)
	}
	s.Talk("with host2 again", stage.ChatServices...)
}

// The server goes to another node, and dials the clients in the registry that it takes along.
func TestTheServerMoves(t *testing.T) {
	s := stage.StartSwarm(t, 1)
	s.Do("scripts/swarm.sh", "move", "server", "host2")
	require.Equal(t, "host2", s.Home("server"))
	s.Attach("server")
	s.Show(stage.ClientLines(stage.IDs(5), "reconnected"), "server")
	s.Show([]string{"Server: initiated"}, clients...)
	s.Talk("from host2", stage.ChatServices...)
}
