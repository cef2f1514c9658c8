package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// deadCost is what a node in the list that does not answer may cost.
const deadCost = time.Second

func TestRelayComesBackAndSoDoItsNodes(t *testing.T) {
	waits(t) // it waits, and does nothing
	s := startSwarm(t)
	nodes := []*fileNode{
		s.join("node1", s.folder("node1", files{"a.txt": "A\n"})), s.join("node2", s.folder("node2", files{"b.txt": "B\n"})),
		s.join("node3", s.folder("node3", files{"c.txt": "C\n"})),
	}
	s.within(relayBack+startCost, "until all nodes are back", func() time.Duration {
		s.relay.Kill()
		s.relay.Start()
		s.relay.Listens(s.at)
		s.waitsFor(nodes...)
		return time.Since(s.relay.Started())
	})
	p := s.fetch(nil, "a.txt", "b.txt", "c.txt")
	p.Exits(0)
	s.printed(p, "A\nB\nC\n")
}

func TestNodeWaitsForItsRelay(t *testing.T) {
	s := newSwarm(t)
	n := s.startNode("node", s.folder("node", files{"a.txt": "A\n"}))
	n.Listens(n.at)
	s.startRelay()
	s.waitsFor(n)
	assert.Less(t, time.Since(s.relay.Started()), relayBack+startCost)
	s.fetched("a.txt", "A\n")
}

func TestNodeThatIsToldToEndLeavesAtOnce(t *testing.T) {
	s := startSwarm(t)
	stays := s.join("stays", s.folder("stays", files{"a.txt": "A\n"}))
	leaves := s.join("leaves", s.folder("leaves", files{"b.txt": "B\n"}))
	leaves.Signal(sigterm)
	leaves.Exits(0)
	assert.Equal(t, []string{stays.at}, s.listed())
	leaves.Start()
	s.waitsFor(leaves)
	s.fetched("b.txt", "B\n")
}

// The only one that waits for a lease to end.
func TestNodeThatIsKilledLeavesWhenItsLeaseEnds(t *testing.T) {
	waits(t)
	s := startSwarm(t)
	killed := s.join("killed", s.folder("killed", files{"a.txt": "A\n"}))
	stays := s.join("stays", s.folder("stays", files{"b.txt": "B\n"}))
	at := time.Now() // it may renew its lease until it is dead, which takes a while
	killed.Kill()
	assert.Equal(t, []string{killed.at, stays.at}, s.listed(), "its lease still runs")
	s.fetched("b.txt", "B\n")
	s.eventuallyWithin(2*relayLease, "the killed node alone is off the list", func() bool { return slices.Equal(s.listed(), []string{stays.at}) })
	assert.GreaterOrEqual(t, time.Since(at), relayLease*2/3, "a lease is renewed at a third of it")
	killed.Start()
	s.waitsFor(killed)
	s.fetched("a.txt", "A\n")
}

func TestFetchLosesASecondOverADeadNode(t *testing.T) {
	alone(t)
	s := startSwarm(t)
	killed := s.join("killed", s.folder("killed", files{"a.txt": "A\n"}))
	stopped := s.join("stopped", s.folder("stopped", files{"a.txt": "A\n"}))
	lives := s.join("lives", s.folder("lives", files{"a.txt": "A\n"}))
	killed.Kill()
	stopped.Pause()
	listed := []string{killed.at, stopped.at, lives.at} // asked in this order, until the leases of the dead ones end

	s.within(2*deadCost+startCost, "fetch with two dead nodes", func() time.Duration {
		require.Equal(t, listed, s.listed())
		p := s.fetched("a.txt", "A\n")
		return time.Since(p.Started())
	})
	s.within(2*deadCost+startCost, "fetch -list with two dead nodes", func() time.Duration {
		require.Equal(t, listed, s.listed())
		list := s.fetch([]string{"-list"})
		list.Exits(0)
		assert.Contains(t, output(list), lives.at)
		return time.Since(list.Started())
	})
	stopped.Resume()
	s.fetched("a.txt", "A\n")
}

// Fault F3: a node whose folder was removed and made again served nothing any more,
// and stayed listed.
func TestNodeFindsItsFolderAgain(t *testing.T) {
	lab.NeedsOwn(t, "node")
	s := startSwarm(t)
	dir := s.folder("node", files{"served/a.txt": "A\n"})
	n := s.join("node", dir, "-dir", "served")
	s.fetched("a.txt", "A\n")
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "served")))
	assert.Contains(t, s.fails(s.fetch(nil, "a.txt")), "does not exist")
	s.eventuallyWithin(relayLease, "the node withdraws", func() bool { return len(s.listed()) == 0 })
	n.Stderr().Contains("withdrawn from the relay until the folder is back")
	s.put(dir, "served/a.txt", "A again\n")
	s.waitsFor(n)
	s.fetched("a.txt", "A again\n")
}
