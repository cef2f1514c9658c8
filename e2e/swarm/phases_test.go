package swarm

import (
	"testing"

	"peerlab/e2e/stage"
)

var clients = stage.ChatServices[1:]

// Both phases of the assignment across three machines. The server is killed and started from
// other managers than the one at which the stack was started.
func TestBothPhases(t *testing.T) {
	s := stage.StartSwarm(t, 3)
	s.Talk("hello, all", stage.ChatServices...)

	s.Type("server", "Exit")
	s.Show([]string{"Server: terminated."}, clients...)
	s.Screen("server").Exits(0)
	s.Talk("without a server", clients...)

	for _, manager := range []string{"host2", "host3"} {
		s.Manager(manager)
		for _, client := range clients {
			s.Screen(client).Mark()
		}
		s.StartAgain("server")
		s.Show(stage.ClientLines(stage.IDs(5), "reconnected"), "server")
		s.Show([]string{"Server: initiated"}, clients...)
		s.Talk("with a server again, says "+manager, stage.ChatServices...)
		s.Do("scripts/swarm.sh", "kill", "server")
		s.Screen("server").Exits(0) // docker logs has no more to follow
		s.Talk("killed from "+manager, clients...)
	}
}
