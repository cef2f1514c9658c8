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
	"peerlab/services/internal/tcp"
)

// NodeConfig is what a node needs to know. Advertise and Dial may be left out.
type NodeConfig struct {
	ID        string // 16 hexadecimal digits, drawn for this process
	Dir       string // the folder that is served
	Listen    string // HOST:PORT; port 0 picks a free one
	Advertise string // HOST:PORT that clients are to dial; empty: where it listens, or else where the relay sees it
	Relay     string // HOST:PORT
	Log       *slog.Logger
	Dial      Dialer // how the relay is dialled
}

// Node serves the files of a folder.
type Node struct {
	NodeConfig
	ln      net.Listener
	folder  *folder
	digests *digests
	lists   chan struct{} // one for each list that is being told

	mu      sync.Mutex
	missing map[string]struct{} // names of files that are not offered, as the log has said
}

// ListenNode opens the folder and takes the port. The errors name what could
// not be had and say what to do. After success Serve must be called.
func ListenNode(c NodeConfig) (*Node, error) {
	f, err := openFolder(c.Dir)
	if err != nil {
		return nil, err
	}
	ln, err := tcp.Listen(c.Listen)
	if err != nil {
		f.close()
		return nil, err
	}
	return newNode(c, ln, f), nil
}

func newNode(c NodeConfig, ln net.Listener, f *folder) *Node {
	return &Node{NodeConfig: c, ln: ln, folder: f, digests: newDigests(), lists: make(chan struct{}, maxLists), missing: make(map[string]struct{})}
}

// Addr returns where the node listens.
func (n *Node) Addr() string { return n.ln.Addr().String() }

// Serve announces the node to its relay, again and again, and answers clients
// until ctx ends, which is success: the relay has then been told, or has had a
// second to listen.
func (n *Node) Serve(ctx context.Context) error {
	defer n.folder.close()
	announced := make(chan struct{})
	go func() {
		defer close(announced)
		n.announce(ctx)
	}()
	l := listener{n.ln, n.Log, n.handle}
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
	return refuse("syntax", "%s is no request to a node", lines.Quote([]byte(verb+" "+rest)))
}

// maxLists bounds the lists that a node has in memory at a time.
const maxLists = 16

func (n *Node) list(s *session, after string) error {
	select {
	case n.lists <- struct{}{}:
		defer func() { <-n.lists }()
	default:
		return refuse("full", "%d others are being told the list", cap(n.lists))
	}
	var b strings.Builder
	count := 0
	err := n.folder.list(after, func(name string, v version) {
		count++
		fmt.Fprintf(&b, "\nFILE %d %s %s", v.size, n.digests.peek(v), name)
	}, n.leftOut)
	if err != nil {
		n.Log.Warn("the folder cannot be listed", "err", err)
		return refuse("failed", "%v", err)
	}
	return s.reply("FILES %d%s", count, b.String())
}

// maxLeftOut bounds the files of which the log says that they are not offered.
const maxLeftOut = 20

// leftOut logs, once for each name, that a file is not offered.
func (n *Node) leftOut(name string, why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.missing[name]; known || len(n.missing) > maxLeftOut {
		return
	}
	n.missing[name] = struct{}{}
	if len(n.missing) > maxLeftOut {
		n.Log.Warn("more files are not offered; this log names only the first", "named", maxLeftOut)
		return
	}
	var r *refusal
	if errors.As(why, &r) {
		why = errors.New(r.reason)
	}
	n.Log.Warn("a file is not offered", "name", name, "err", why)
}

// open opens a file for a client.
func (n *Node) open(name string) (*os.File, version, error) {
	file, v, err := n.folder.open(name)
	if is(err, "failed") {
		if _, gone := n.folder.current(); gone == nil { // otherwise announce logs that
			n.leftOut(name, err)
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
		return refuse("differs", "%s has %d bytes", quoted(name), size)
	}
	hash, err := n.digests.prefix(ctx, s.pin.file, s.pin.v, count)
	if err != nil {
		return n.failed(name, err)
	}
	return s.reply("DIGEST %d %s", count, hash)
}

// failed is what a client is told when a file could not be read.
func (n *Node) failed(name string, err error) error {
	if is(err, "changed") {
		return err
	}
	n.Log.Warn("a file could not be read", "name", name, "err", err)
	return refuse("failed", "%s could not be read", quoted(name))
}
