package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

const (
	relayHello   = "HELLO peerlab-relay/1\n"
	relayLease   = 15 * time.Second        // after which a node that is silent is off the list
	relayBack    = 5 * time.Second         // for all nodes to be back at a restarted relay
	startCost    = 1500 * time.Millisecond // of a program
	tries        = 5                       // at what takes longer where the machine stands still for a while
	askTimeout   = 10 * time.Second        // for an answer to a request of the test's own
	fetchTimeout = 30 * time.Second        // for a fetch of a large file to end
)

// swarm is a relay, nodes with files, and whoever fetches from them.
type swarm struct {
	*lab.Lab
	t       *testing.T
	at      string // where the relay listens
	asked   string // where clients are told that it does
	relay   *lab.Process
	fetches int
	weirs   sync.Map // where they listen, by where the node behind does
}

// fileNode is a node at its terminal.
type fileNode struct {
	*lab.Process
	at string // where it listens
}

// newSwarm prepares a swarm in which nobody is up yet.
func newSwarm(t *testing.T, opts ...lab.Option) *swarm {
	t.Helper()
	waits(t)
	l := lab.New(t, opts...)
	at := l.Address()
	return &swarm{Lab: l, t: t, at: at, asked: at}
}

// startSwarm starts a relay that knows nobody.
func startSwarm(t *testing.T, opts ...lab.Option) *swarm {
	t.Helper()
	s := newSwarm(t, opts...)
	s.startRelay()
	return s
}

func (s *swarm) startRelay() {
	s.t.Helper()
	s.relay = s.Start(lab.Spec{Name: "relay", Args: []string{port(s.at)}})
	s.relay.Listens(s.at)
}

func host(address string) string {
	host, _, _ := net.SplitHostPort(address)
	return host
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// files is what is in a folder: content by name, with slashes.
type files map[string]string

// folder makes a data folder with these files in it.
func (s *swarm) folder(name string, holds files) string {
	s.t.Helper()
	dir := s.Dir(name)
	for name, content := range holds {
		s.put(dir, name, content)
	}
	return dir
}

// put writes one file that every program can read, and the folders above it.
func (s *swarm) put(dir, name, content string) {
	s.t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(s.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(s.t, os.WriteFile(path, []byte(content), 0o644))
}

// join starts a node that serves the folder, and waits until the relay lists it:
// who joins first comes first.
func (s *swarm) join(name, dir string, flags ...string) *fileNode {
	s.t.Helper()
	n := s.startNode(name, dir, flags...)
	s.waitsFor(n)
	return n
}

// joinBehind is join for a node that clients reach only through a weir.
func (s *swarm) joinBehind(name, dir string, limit int64) (*fileNode, *weir) {
	s.t.Helper()
	at := s.Address()
	w := s.newWeir(at, limit)
	s.weirs.Store(at, w.address)
	if s.asked == s.at {
		s.asked = s.newSignpost()
	}
	n := s.startNodeAt(at, name, dir)
	s.waitsFor(n)
	return n, w
}

func (s *swarm) startNode(name, dir string, flags ...string) *fileNode {
	s.t.Helper()
	return s.startNodeAt(s.Address(), name, dir, flags...)
}

func (s *swarm) startNodeAt(at, name, dir string, flags ...string) *fileNode {
	s.t.Helper()
	args := append(append([]string{"-listen", at}, flags...), host(s.at), port(s.at))
	return &fileNode{s.Start(lab.Spec{Name: name, Role: "node", Args: args, Dir: dir}), at}
}

// waitsFor waits until these nodes are up, and the relay lists them.
func (s *swarm) waitsFor(nodes ...*fileNode) {
	s.t.Helper()
	for _, n := range nodes {
		n.Listens(n.at) // one that was killed may still be listed
		n.Eventually(fmt.Sprintf("the relay lists %v at %s", n, n.at), func() bool { return slices.Contains(s.listed(), n.at) })
	}
}

// listed is whom the relay lists; nil if it does not answer.
func (s *swarm) listed() []string {
	said, err := ask(s, s.at, "NODES")
	if err != nil {
		return nil
	}
	nodes := []string{}
	for line := range strings.Lines(said) {
		if address, ok := strings.CutPrefix(strings.TrimSpace(line), "NODE "); ok {
			nodes = append(nodes, address)
		}
	}
	return nodes
}

// eventuallyWithin is Eventually with another patience.
func (s *swarm) eventuallyWithin(limit time.Duration, what string, ok func() bool) {
	s.t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ticker.C:
		case <-timer.C:
			s.Fail("not so within %v: %s", limit, what)
		}
	}
}

// within requires that something takes less than the limit at one of several tries:
// whatever else a machine does can only add to it.
func (s *swarm) within(limit time.Duration, what string, try func() time.Duration) {
	s.t.Helper()
	var took []time.Duration
	for range tries {
		last := try()
		if last < limit {
			return
		}
		took = append(took, last)
	}
	s.Fail("%s, took %v, and never less than %v", what, took, limit)
}

// fetch starts a client with these flags and names; none: it asks for names.
func (s *swarm) fetch(flags []string, names ...string) *lab.Process {
	s.t.Helper()
	return s.fetchIn("", flags, names...)
}

// fetchIn is fetch for a client in that folder.
func (s *swarm) fetchIn(dir string, flags []string, names ...string) *lab.Process {
	s.t.Helper()
	s.fetches++
	args := append(append(slices.Clone(flags), host(s.asked), port(s.asked)), names...)
	return s.Start(lab.Spec{Name: fmt.Sprintf("fetch%d", s.fetches), Role: "fetch", Args: args, Dir: dir})
}

// fetched has one file fetched, requires that all goes well, and returns the client.
func (s *swarm) fetched(name, want string) *lab.Process {
	s.t.Helper()
	p := s.fetch(nil, name)
	p.Exits(0)
	s.printed(p, want)
	return p
}
