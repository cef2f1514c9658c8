package swarm

import (
	"strings"
	"testing"

	"peerlab/e2e/stage"
)

// A line of a client of the room shows at a client on another machine, and both clients of order,
// on two machines, show the same verdict.
func TestRoomAndOrder(t *testing.T) {
	s := stage.StartSwarm(t, 1, "room-server=host1", "room-client1=host2", "room-client2=host3",
		"order-server=host1", "order-client-x=host2", "order-client-y=host3")
	s.Attach("room-client1")
	s.Attach("room-client2")
	s.Type("room-client1", "hello, room")
	s.Screen("room-client2").Contains(": hello, room")
	s.Type("room-client2", "hello, one")
	s.Screen("room-client1").Contains(": hello, one")

	for round := range 2 {
		first, second := "order-client-x", "order-client-y"
		verdict := "X: Ahnaf received before Y: Ahnaf"
		if round == 1 {
			first, second, verdict = second, first, "Y: Ahnaf received before X: Ahnaf"
		}
		s.Do("scripts/swarm.sh", "start", first)
		s.Attach(first)
		s.Do("scripts/swarm.sh", "start", second)
		s.Screen(first).Sees(verdict)
		s.Screen(first).Exits(0)
		s.Eventually(second+" shows the verdict", func() bool {
			return strings.Contains(s.Docker("host1", "service", "logs", "--raw", "peerlab_"+second), verdict)
		})
	}
}
