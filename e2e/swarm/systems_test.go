package swarm

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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

// A client whose certificate is revoked is ended, and stays out until it has a new one. All
// nodes have the list.
func TestARevokedCertificate(t *testing.T) {
	const out = "client3"
	s := stage.StartSwarm(t, 1, out+"=host2")
	others := slices.DeleteFunc(slices.Clone(stage.ChatServices), func(service string) bool { return service == out })
	s.Do("scripts/swarm.sh", "revoke", out)
	s.Screen(out).Exits(0) // docker logs has no more to follow
	list, err := os.ReadFile(filepath.Join(s.Certs, "revoked.pem"))
	require.NoError(t, err)
	for _, id := range stage.IDs(3) {
		paths, err := filepath.Glob(filepath.Join(s.Volume(stage.HostName(id), "revoked-*"), "revoked.pem"))
		require.NoError(t, err)
		require.Len(t, paths, 1)
		copied, err := os.ReadFile(paths[0])
		require.NoError(t, err)
		require.Equal(t, string(list), string(copied))
	}

	for _, other := range others {
		s.Screen(other).Mark()
	}
	s.StartAgain(out)
	s.Screen(out).Contains("the other side refuses this process: the certificate of client3 is revoked")
	s.Talk("without client 3", others...)

	require.NoError(t, os.RemoveAll(filepath.Join(s.Certs, out)))
	s.Do("scripts/swarm.sh", "up")
	s.Screen(out).Exits(0)
	s.Show([]string{"Client 3: initiated."}, others...)
	s.Attach(out)
	s.Talk("with client 3 again", stage.ChatServices...)
	for _, other := range others {
		require.Equal(t, 1, s.Screen(other).Count("Client 3: initiated."), other)
	}
}
