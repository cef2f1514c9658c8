package relay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/stage"
)

// A node cannot register an address at which it does not answer.
func TestTheRelayListsTheAddressANodeComesFrom(t *testing.T) {
	s := stage.StartRelay(t)
	victim := s.Join("victim", s.NewFolder("victim", stage.Files{"a.txt": "A\n"}))
	free := s.Port()
	for claimed, listed := range map[string]string{
		victim.At:           "127.0.0.9:" + stage.Port(victim.At), // another's
		"127.0.0.1:" + free: "127.0.0.9:" + free,                  // where nothing listens
		"127.0.0.8:" + free: "127.0.0.9:" + free,
		":" + free:          "127.0.0.9:" + free,
	} {
		said, err := stage.Ask(s, "127.0.0.9", s.At, "REGISTER 00000000deadbeef "+claimed)
		require.NoError(t, err)
		assert.Equal(t, "OK "+listed+" 15\n", said, "%s comes from 127.0.0.9", claimed)
		assert.ElementsMatch(t, []string{victim.At, listed}, s.Listed(), claimed)
	}
	said, err := stage.Ask(s, "127.0.0.9", s.At, "WITHDRAW 00000000deadbeef")
	require.NoError(t, err)
	assert.Equal(t, "OK\n", said)
	assert.Equal(t, []string{victim.At}, s.Listed())
	s.Fetched("a.txt", "A\n")
}

func TestTheRelayAnswersNonsenseWithAnError(t *testing.T) {
	s := stage.StartRelay(t)
	n := s.Join("node", s.NewFolder("node", stage.Files{"a.txt": "A\n"}))
	for _, request := range []string{
		"REGISTER", "REGISTER x :7001", "REGISTER 00000000deadbeef", "REGISTER 00000000deadbeef 7001", "REGISTER 00000000deadbeef :0",
		"REGISTER 00000000deadbeef :70000", "REGISTER 00000000deadbeef :-1", "REGISTER 00000000deadbeef :http", "REGISTER ../x :7001",
		"REGISTER 00000000deadbeef \x1b[2J:7001", "REGISTER 00000000deadbeef :7001 :7002", "WITHDRAW", "WITHDRAW x", "NODES 5", "GET 0 - - a.txt",
	} {
		answer, err := stage.Ask(s, "", s.At, request)
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(answer, "ERR syntax "), request)
	}
	assert.Equal(t, []string{n.At}, s.Listed())
	s.Fetched("a.txt", "A\n")
}
