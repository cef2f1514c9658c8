package stage

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	bench "peerlab/lab"
	"peerlab/lab/event"
)

const (
	// RelayHello is the first line of a connection to a relay or node.
	RelayHello = "HELLO peerlab-relay/1\n"
	// FetchTimeout is the time for a fetch of a large file to end.
	FetchTimeout = 30 * time.Second
	// askTimeout is the time for an answer to [Ask].
	askTimeout = 10 * time.Second
)

// Relay is a relay, nodes with files, and clients that fetch them.
type Relay struct {
	*lab.Lab
	t       testing.TB
	At      string // the relay's address
	Server  *lab.Process
	fetches int
}

// Node is a node of a relay.
type Node struct {
	*lab.Process
	At string // where it listens
}

// Files are the files of a folder: content by name, with slashes.
type Files map[string]string

// Names returns the names, sorted.
func (f Files) Names() []string {
	var names []string
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// NewRelay prepares a relay, and starts no process.
func NewRelay(t testing.TB, opts ...lab.Option) *Relay {
	t.Helper()
	lab.Parallel(t)
	l := lab.New(t, opts...)
	return &Relay{Lab: l, t: t, At: l.Address()}
}

// StartRelay starts a relay without nodes.
func StartRelay(t testing.TB, opts ...lab.Option) *Relay {
	t.Helper()
	r := NewRelay(t, opts...)
	r.StartServer()
	return r
}

// StartServer starts the relay and waits until it listens.
func (r *Relay) StartServer() {
	r.t.Helper()
	r.Server = r.Start(lab.Spec{Name: "relay", Args: []string{Port(r.At)}, Vars: places(r.At, "LISTEN", r.At)})
	r.At = r.Server.ListensAt(r.At)
}

// NewFolder makes a data folder with these files in it.
func (r *Relay) NewFolder(name string, holds Files) string {
	r.t.Helper()
	dir := r.Dir(name)
	for name, content := range holds {
		r.Put(dir, name, content)
	}
	return dir
}

// Put writes a file that every program can read, and the folders above it.
func (r *Relay) Put(dir, name, content string) {
	r.t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(r.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(r.t, os.WriteFile(path, []byte(content), 0o644))
}

// Join starts a node that serves a folder, at a free address, and waits until the relay lists
// it. Clients ask nodes in the order in which they joined.
func (r *Relay) Join(name, dir string, flags ...string) *Node {
	r.t.Helper()
	at := r.Address()
	spec := lab.Spec{Name: name, Role: "node", Dir: dir, Args: append(append([]string{"-listen", at}, flags...), Host(r.At), Port(r.At))}
	if len(flags) == 0 {
		spec.Vars = places(r.At, "LISTEN", at, "NODE_PORT", Port(at), "DIR", dir)
	}
	n := &Node{r.Start(spec), at}
	r.AwaitListed(n)
	return n
}

// AwaitListed waits until these nodes listen, and the relay lists them. A foreign relay
// cannot be asked: it must have received something from the nodes.
func (r *Relay) AwaitListed(nodes ...*Node) {
	r.t.Helper()
	for _, n := range nodes {
		if n.Foreign() && !n.HasPlace("LISTEN", "NODE_PORT") {
			n.At = n.FindListener(n.At)
		} else {
			n.Listens(n.At) // one that was killed may still be listed
		}
		if r.Server.Foreign() {
			n.Eventually("it has sent its address to the relay", func() bool { return r.received("relay", n.Name()) })
			continue
		}
		n.Eventually(fmt.Sprintf("the relay lists %v at %s", n, n.At), func() bool { return slices.Contains(r.Listed(), n.At) })
	}
}

// received reports whether a process has received something from another, by the record of
// the run; true where nothing records what crosses the network.
func (r *Relay) received(to, from string) bool {
	if r.Lab.Lab.Wire() == nil {
		return true
	}
	record, err := os.ReadFile(filepath.Join(r.Folder(), bench.EventsFile))
	require.NoError(r.t, err)
	events, _ := event.Read(bytes.NewReader(record)) // the last line may be half written
	return slices.ContainsFunc(events, func(e event.Event) bool {
		return e.Kind == event.Received && e.Link.From == from && e.Link.To == to
	})
}

// Listed returns the addresses that the relay lists; nil if it does not answer.
func (r *Relay) Listed() []string {
	answer, err := Ask(r, "", r.At, "NODES")
	if err != nil {
		return nil
	}
	nodes := []string{}
	for line := range strings.Lines(answer) {
		if address, ok := strings.CutPrefix(strings.TrimSpace(line), "NODE "); ok {
			nodes = append(nodes, address)
		}
	}
	return nodes
}

// Fetch starts a client with flags and names of files; without names it prompts for them.
func (r *Relay) Fetch(flags []string, names ...string) *lab.Process {
	r.t.Helper()
	r.fetches++
	spec := lab.Spec{Name: fmt.Sprintf("fetch%d", r.fetches), Role: "fetch"}
	spec.Args = append(append(slices.Clone(flags), Host(r.At), Port(r.At)), names...)
	if len(flags)+len(names) == 0 {
		spec.Vars = places(r.At)
	}
	return r.Start(spec)
}

// Fetched requires that a client prints a file, and nothing else.
func (r *Relay) Fetched(name, content string) {
	r.t.Helper()
	p := r.Fetch(nil, name)
	p.Exits(0)
	r.Printed(p, content)
}

// FetchedAtPrompt requires that a client prints a text file whose name its user types. A
// foreign client may print more, such as a prompt before the first line.
func (r *Relay) FetchedAtPrompt(name, content string) {
	r.t.Helper()
	p := r.Fetch(nil)
	p.Types(name)
	lines := strings.Split(strings.TrimRight(content, "\n"), "\n")
	next := 0
	p.Collects(func() string { return fmt.Sprintf("line %d of %s, %q", next+1, name, lines[next]) }, func(l lab.Line) bool {
		shown, want := strings.TrimRight(l.Text, " \r\t"), strings.TrimRight(lines[next], " \r\t")
		if shown == want || next == 0 && p.Foreign() && strings.HasSuffix(shown, want) {
			next++
		}
		return next == len(lines)
	})
	if p.Foreign() {
		return
	}
	p.CloseStdin()
	p.Exits(0)
	r.Printed(p, content)
	require.Empty(r.t, Complaints(p))
}

// Printed requires that the screen of a process that has ended holds exactly these bytes.
func (r *Relay) Printed(p *lab.Process, want string) {
	r.t.Helper()
	got := Output(p)
	if got == want {
		return
	}
	n := 0
	for n < min(len(got), len(want)) && got[n] == want[n] {
		n++
	}
	r.Fail("%v shows %d bytes instead of %d; from byte %d on %q, not %q", p, len(got), len(want), n,
		got[n:min(len(got), n+40)], want[n:min(len(want), n+40)])
}

// Output returns what a process that has ended wrote to its screen, byte for byte.
func Output(p *lab.Process) string {
	var b strings.Builder
	for _, line := range p.Lines() {
		b.WriteString(line.Text)
		if !line.Cut {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// Ask sends requests to a relay or node over a connection of their own, from an IP address
// ("": any), and returns all of the answer. It may be called from any goroutine.
func Ask(n Network, from, address string, requests ...string) (answer string, err error) {
	dialer := net.Dialer{Timeout: askTimeout, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := n.DialWith(dialer, address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	c := conn.(*net.TCPConn)
	if err := c.SetDeadline(time.Now().Add(askTimeout)); err != nil {
		return "", err
	}
	// A caller that is refused early may not write all of it; the answer says why.
	_, _ = io.WriteString(c, RelayHello+strings.Join(requests, "\n")+"\n")
	_ = c.CloseWrite()
	all, err := io.ReadAll(c)
	return string(all), err
}
