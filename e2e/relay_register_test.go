package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const registrations = 10_000

// An address that the node does not answer at is nobody's to register.
func TestRelayListsTheAddressANodeComesFrom(t *testing.T) {
	s := startSwarm(t)
	victim := s.join("victim", s.folder("victim", files{"a.txt": "A\n"}))
	nobody := s.Port()
	for claimed, listed := range map[string]string{
		victim.at:             "127.0.0.9:" + port(victim.at), // another's
		"127.0.0.1:" + nobody: "127.0.0.9:" + nobody,          // where nobody is
		"127.0.0.8:" + nobody: "127.0.0.9:" + nobody,
		":" + nobody:          "127.0.0.9:" + nobody,
	} {
		said, err := askFrom(s, "127.0.0.9", s.at, "REGISTER 00000000deadbeef "+claimed)
		require.NoError(t, err)
		assert.Equal(t, "OK "+listed+" 15\n", said, "%s comes from 127.0.0.9", claimed)
		assert.ElementsMatch(t, []string{victim.at, listed}, s.listed(), claimed)
	}
	said, err := askFrom(s, "127.0.0.9", s.at, "WITHDRAW 00000000deadbeef")
	require.NoError(t, err)
	assert.Equal(t, "OK\n", said)
	assert.Equal(t, []string{victim.at}, s.listed())
	s.fetched("a.txt", "A\n")
}

// A node that listens on a host of its own is found there, not where it dials from.
func TestRelayListsTheAddressANodeListensAt(t *testing.T) {
	s := startSwarm(t)
	n := s.startNodeAt("127.0.0.9:"+port(s.Address()), "node", s.folder("node", files{"a.txt": "A\n"}))
	s.waitsFor(n)
	assert.Equal(t, []string{n.at}, s.listed())
	s.fetched("a.txt", "A\n")
	n.Signal(sigterm)
	n.Exits(0)
	assert.Empty(t, complaints(n.Process))
}

func TestRelayTakesNoNonsense(t *testing.T) {
	s := startSwarm(t)
	n := s.join("node", s.folder("node", files{"a.txt": "A\n"}))
	for _, request := range []string{
		"REGISTER", "REGISTER x :7001", "REGISTER 00000000deadbeef", "REGISTER 00000000deadbeef 7001", "REGISTER 00000000deadbeef :0",
		"REGISTER 00000000deadbeef :70000", "REGISTER 00000000deadbeef :-1", "REGISTER 00000000deadbeef :http", "REGISTER ../x :7001",
		"REGISTER 00000000deadbeef \x1b[2J:7001", "REGISTER 00000000deadbeef :7001 :7002", "WITHDRAW", "WITHDRAW x", "NODES 5", "GET 0 - - a.txt",
	} {
		assert.True(t, strings.HasPrefix(asked(t, s, s.at, request), "ERR syntax "), request)
	}
	assert.Equal(t, []string{n.at}, s.listed())
	s.fetched("a.txt", "A\n")
}

// Forty hosts with 250 nodes each announce themselves, and none of the nodes is there.
func TestRelaySurvivesTenThousandRegistrations(t *testing.T) {
	s := startSwarm(t)
	n := s.join("node", s.folder("node", files{"a.txt": "A\n"}))
	const hosts = 40
	var all sync.WaitGroup
	answers := make([]string, hosts)
	errs := make([]error, hosts)
	for h := range hosts {
		all.Go(func() {
			var requests []string
			for i := range registrations / hosts {
				requests = append(requests, fmt.Sprintf("REGISTER %08x%08x :%d", h, i, 60_000+i))
			}
			answers[h], errs[h] = askFrom(s, fmt.Sprintf("127.0.77.%d", h+1), s.at, requests...)
		})
	}
	all.Wait()
	accepted, refused := 0, 0
	for h, said := range answers {
		require.NoError(t, errs[h], "after %q", said)
		accepted += strings.Count(said, "OK ")
		refused += strings.Count(said, "ERR full ")
	}
	assert.Positive(t, accepted)
	assert.Positive(t, refused, "their number is bounded")

	assert.Less(t, peak(t, s.relay), int64(mostKept))

	nodes := s.listed()
	require.NotEmpty(t, nodes)
	assert.Equal(t, n.at, nodes[0], "who was there before stays")
	assert.Less(t, len(nodes), registrations/2, "a client has not to ask any number of nodes")
	s.fetched("a.txt", "A\n")
	nothing := s.fetch(nil, "b.txt")
	nothing.ExitsWithin(fetchTimeout, "fetchTimeout", 1)
	assert.Contains(t, complaints(nothing), "b.txt")

	for h := range hosts { // and they go again
		_, err := askFrom(s, fmt.Sprintf("127.0.77.%d", h+1), s.at, "WITHDRAW "+fmt.Sprintf("%08x%08x", h, 0))
		require.NoError(t, err)
	}
	s.join("late", s.folder("late", files{"b.txt": "B\n"}))
	s.fetched("b.txt", "B\n")
}

// Fault F1: when the relay was full of ports where nothing listens, it refused a node
// that runs.
func TestANodeJoinsARelayThatIsFullOfTheDead(t *testing.T) {
	s := startSwarm(t)
	var requests []string
	for i := range 2000 {
		requests = append(requests, fmt.Sprintf("REGISTER %016x :%d", i, 50_000+i))
	}
	said, err := ask(s, s.at, requests...)
	require.NoError(t, err)
	require.Contains(t, said, "ERR full ")
	s.join("node", s.folder("node", files{"a.txt": "A\n"}))
}
