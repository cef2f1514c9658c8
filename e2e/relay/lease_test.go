package relay

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

const (
	lease     = 15 * time.Second        // after which a node that is silent is not listed
	backAgain = 5 * time.Second         // until all nodes are back at a restarted relay
	startCost = 1500 * time.Millisecond // of a program
	tries     = 5
)

func TestARestartedRelayHasItsNodesBack(t *testing.T) {
	lab.Waits(t)
	s := stage.StartRelay(t)
	nodes := []*stage.Node{
		s.Join("node1", s.NewFolder("node1", stage.Files{"a.txt": "A\n"})), s.Join("node2", s.NewFolder("node2", stage.Files{"b.txt": "B\n"})),
		s.Join("node3", s.NewFolder("node3", stage.Files{"c.txt": "C\n"})),
	}
	took := time.Hour
	for range tries { // other work of the machine can only add to it
		s.Server.Kill()
		s.Server.Start()
		s.Server.Listens(s.At)
		s.AwaitListed(nodes...)
		if took = min(took, time.Since(s.Server.Started())); took < backAgain+startCost {
			break
		}
	}
	assert.Less(t, took, backAgain+startCost)
	p := s.Fetch(nil, "a.txt", "b.txt", "c.txt")
	p.Exits(0)
	s.Printed(p, "A\nB\nC\n")
}

func TestNodeThatIsToldToEndLeavesAtOnce(t *testing.T) {
	s := stage.StartRelay(t)
	stays := s.Join("stays", s.NewFolder("stays", stage.Files{"a.txt": "A\n"}))
	leaves := s.Join("leaves", s.NewFolder("leaves", stage.Files{"b.txt": "B\n"}))
	leaves.Signal(syscall.SIGTERM)
	leaves.Exits(0)
	assert.Equal(t, []string{stays.At}, s.Listed())
	leaves.Start()
	s.AwaitListed(leaves)
	s.Fetched("b.txt", "B\n")
}

func TestNodeThatIsKilledLeavesWhenItsLeaseEnds(t *testing.T) {
	lab.Waits(t)
	s := stage.StartRelay(t)
	killed := s.Join("killed", s.NewFolder("killed", stage.Files{"a.txt": "A\n"}))
	stays := s.Join("stays", s.NewFolder("stays", stage.Files{"b.txt": "B\n"}))
	at := time.Now() // it may renew its lease until it is dead, which takes a while
	killed.Kill()
	assert.Equal(t, []string{killed.At, stays.At}, s.Listed(), "its lease still runs")
	s.Fetched("b.txt", "B\n")
	s.Eventually("the killed node alone is off the list", func() bool { return slices.Equal(s.Listed(), []string{stays.At}) })
	assert.GreaterOrEqual(t, time.Since(at), lease*2/3, "a lease is renewed at a third of it")
	killed.Start()
	s.AwaitListed(killed)
	s.Fetched("a.txt", "A\n")
}
