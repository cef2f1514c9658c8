package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/tcp"
)

// NodeConfig configures a node. Dial is optional.
type NodeConfig struct {
	ID     string // 16 hexadecimal digits, random for each process
	Dir    string // the folder to serve
	Listen string // HOST:PORT; port 0 chooses a free one
	Relay  string // HOST:PORT
	TLS    mtls.Flags
	Log    *slog.Logger
	Dial   Dialer // connects to the relay
}

// Node serves the files of a folder.
type Node struct {
	NodeConfig
	ln      net.Listener
	tls     *mtls.Identity // nil: plain TCP
	folder  *folder
	digests *digests
	lists   chan struct{} // a token for each LIST in progress

	mu      sync.Mutex
	skipped map[string]struct{} // names of files logged as not offered
}

// ListenNode opens the folder and listens. Its errors name the folder or address and
// a remedy. If it succeeds, Serve must be called.
func ListenNode(c NodeConfig) (*Node, error) {
	id, err := c.TLS.Open(c.Log)
	if err != nil {
		return nil, err
	}
	if c.Dial == nil {
		c.Dial = Dialer(id.Dial(relayRole))
	}
	f, err := openFolder(c.Dir)
	if err != nil {
		return nil, err
	}
	ln, err := tcp.Listen(c.Listen)
	if err != nil {
		f.close()
		return nil, err
	}
	n := newNode(c, ln, f)
	n.tls = id
	return n, nil
}

func newNode(c NodeConfig, ln net.Listener, f *folder) *Node {
	return &Node{NodeConfig: c, ln: ln, folder: f, digests: newDigests(), lists: make(chan struct{}, maxLists), skipped: make(map[string]struct{})}
}

// Addr returns the listening address.
func (n *Node) Addr() string { return n.ln.Addr().String() }

// Serve keeps the node registered with its relay and answers clients until ctx is
// cancelled. It then withdraws the node, which takes a second at most, and returns
// nil.
func (n *Node) Serve(ctx context.Context) error {
	defer n.folder.close()
	announced := make(chan struct{})
	go func() {
		defer close(announced)
		n.announce(ctx)
	}()
	l := listener{n.ln, n.Log, n.tls, n.handle}
	l.serve(ctx)
	<-announced
	n.digests.wait()
	return nil
}

func (n *Node) handle(ctx context.Context, s *session, verb, rest string) error {
	switch {
	case verb == "WHO" && rest == "":
		return s.reply("NODE %s", n.ID)
	case verb == "LIST":
		return n.list(s, rest)
	case verb == "STAT":
		return n.stat(ctx, s, rest)
	case verb == "DIGEST":
		return n.digest(ctx, s, rest)
	case verb == "GET":
		return n.get(ctx, s, rest)
	}
	return lines.Refuse("syntax", "%s is not a request to a node", lines.Quote([]byte(verb+" "+rest)))
}

// maxLists bounds the lists that a node builds in memory at a time.
const maxLists = 16

func (n *Node) list(s *session, after string) error {
	select {
	case n.lists <- struct{}{}:
		defer func() { <-n.lists }()
	default:
		return lines.Refuse("full", "the list is being sent to %d others; try again later", cap(n.lists))
	}
	var b strings.Builder
	count := 0
	err := n.folder.list(after, func(name string, v version) {
		count++
		fmt.Fprintf(&b, "\nFILE %d %s %s", v.size, n.digests.peek(v), name)
	}, n.logSkipped)
	if err != nil {
		n.Log.Warn("cannot list the folder", "err", err)
		return lines.Refuse("failed", "%v", err)
	}
	return s.reply("FILES %d%s", count, b.String())
}

// maxSkipped bounds the files that are logged as not offered.
const maxSkipped = 20

// logSkipped logs, once for each name, that a file is not offered.
func (n *Node) logSkipped(name string, why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.skipped[name]; known || len(n.skipped) > maxSkipped {
		return
	}
	n.skipped[name] = struct{}{}
	if len(n.skipped) > maxSkipped {
		n.Log.Warn("more files are not offered; only the first are logged", "logged", maxSkipped)
		return
	}
	var r *lines.Refusal
	if errors.As(why, &r) {
		why = errors.New(r.Reason)
	}
	n.Log.Warn("file not offered", "name", name, "err", why)
}

// open opens a file for a client.
func (n *Node) open(name string) (*os.File, version, error) {
	file, v, err := n.folder.open(name)
	if lines.IsRefusal(err, "failed") {
		if _, gone := n.folder.current(); gone == nil { // otherwise announce logs the missing folder
			n.logSkipped(name, err)
		}
	}
	return file, v, err
}

func (n *Node) stat(ctx context.Context, s *session, name string) error {
	file, v, err := n.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	hash, err := n.digests.of(ctx, file, v)
	if err != nil {
		return n.failed(name, err)
	}
	return s.reply("FILE %d %s %s", v.size, hash, name)
}

func (n *Node) digest(ctx context.Context, s *session, rest string) error {
	counted, name, _ := strings.Cut(rest, " ")
	count, err := number(counted)
	if err != nil {
		return err
	}
	if err := s.pin.take(n.open, name); err != nil {
		return err
	}
	if size := s.pin.v.size; count > size {
		return lines.Refuse("differs", "%s has %d bytes", quoted(name), size)
	}
	hash, err := n.digests.prefix(ctx, s.pin.file, s.pin.v, count)
	if err != nil {
		return n.failed(name, err)
	}
	return s.reply("DIGEST %d %s", count, hash)
}

// failed logs that a file could not be read and returns the refusal for the client.
func (n *Node) failed(name string, err error) error {
	if lines.IsRefusal(err, "changed") {
		return err
	}
	n.Log.Warn("cannot read file", "name", name, "err", err)
	return lines.Refuse("failed", "%s could not be read", quoted(name))
}
