package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// deadCost is what a node in the list that does not answer may cost.
const deadCost = time.Second

func TestRelayComesBackAndSoDoItsNodes(t *testing.T) {
	t.Parallel() // it waits, and does nothing
	s := startSwarm(t)
	nodes := []*fileNode{
		s.join("node1", s.folder("node1", files{"a.txt": "A\n"})), s.join("node2", s.folder("node2", files{"b.txt": "B\n"})),
		s.join("node3", s.folder("node3", files{"c.txt": "C\n"})),
	}
	s.relay.Kill()
	s.relay.Start()
	s.Listens(s.at)
	s.waitsFor(nodes...)
	assert.Less(t, time.Since(s.relay.Started()), relayBack+startCost, "all nodes are back")
	p := s.fetch(nil, "a.txt", "b.txt", "c.txt")
	p.Exits(0)
	s.printed(p, "A\nB\nC\n")
}

func TestNodeWaitsForItsRelay(t *testing.T) {
	s := newSwarm(t)
	n := s.startNode("node", s.folder("node", files{"a.txt": "A\n"}))
	s.Listens(n.at)
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
	t.Parallel()
	s := startSwarm(t)
	killed := s.join("killed", s.folder("killed", files{"a.txt": "A\n"}))
	stays := s.join("stays", s.folder("stays", files{"b.txt": "B\n"}))
	killed.Kill()
	at := time.Now()
	s.fetched("b.txt", "B\n")
	assert.Equal(t, []string{killed.at, stays.at}, s.listed(), "its lease still runs")
	s.eventuallyWithin(relayLease+deadCost, "the killed node is off the list", func() bool { return !slices.Contains(s.listed(), killed.at) })
	assert.GreaterOrEqual(t, time.Since(at), relayLease*2/3-deadCost, "a lease is renewed at a third of it")
	assert.Equal(t, []string{stays.at}, s.listed())
	killed.Start()
	s.waitsFor(killed)
	s.fetched("a.txt", "A\n")
}

func TestFetchLosesASecondOverADeadNode(t *testing.T) {
	s := startSwarm(t)
	killed := s.join("killed", s.folder("killed", files{"a.txt": "A\n"}))
	stopped := s.join("stopped", s.folder("stopped", files{"a.txt": "A\n"}))
	lives := s.join("lives", s.folder("lives", files{"a.txt": "A\n"}))
	killed.Kill()
	stopped.Pause()
	assert.Equal(t, []string{killed.at, stopped.at, lives.at}, s.listed(), "asked in this order")

	p := s.fetch(nil, "a.txt")
	shown := p.At("A").Sub(p.Started())
	p.Exits(0)
	assert.Less(t, shown, 2*deadCost+startCost, "until the file is there")
	assert.Less(t, time.Since(p.Started()), 2*deadCost+startCost, "until the end")
	s.printed(p, "A\n")

	list := s.fetch([]string{"-list"})
	list.Exits(0)
	assert.Less(t, time.Since(list.Started()), 2*deadCost+startCost)
	assert.Contains(t, output(list), lives.at)
	stopped.Resume()
	s.fetched("a.txt", "A\n")
}
