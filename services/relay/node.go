package relay

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// maxTransfers bounds the connections that a node serves at a time.
const maxTransfers = 512

// NodeConfig is what a node needs to know. Advertise may be empty.
type NodeConfig struct {
	ID        string // 16 hexadecimal digits, drawn for this process
	Dir       string // the folder that is served
	Listen    string // HOST:PORT; port 0 picks a free one
	Advertise string // HOST:PORT that clients are to dial; empty: what the relay sees, and the port
	Relay     string // HOST:PORT
	Log       *slog.Logger
}

// Node serves the files of a folder.
type Node struct {
	NodeConfig
	ln      net.Listener
	folder  *folder
	digests digests
	slots   chan struct{} // one for each connection that is served
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
	return &Node{NodeConfig: c, ln: ln, folder: f, slots: make(chan struct{}, maxTransfers)}, nil
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
	tcp.Server{Strangers: maxStrangers, Log: n.Log, Handle: func(conn net.Conn, known func()) {
		n.converse(ctx, conn, known)
	}}.Serve(ctx, n.ln)
	<-announced
	n.digests.wait()
	return nil
}

// converse answers one client, if there is room for one more.
func (n *Node) converse(ctx context.Context, conn net.Conn, known func()) {
	var pin pinned
	defer pin.drop()
	taken := false
	defer func() {
		if taken {
			<-n.slots
		}
	}()
	converse(ctx, conn, n.Log, known, func(s *session, verb, rest string) error {
		if !taken {
			select {
			case n.slots <- struct{}{}:
				taken = true
			default:
				return refuse("full", "%d clients are being served, and there is no room for more", maxTransfers)
			}
		}
		return n.handle(ctx, s, &pin, verb, rest)
	})
}

func (n *Node) handle(ctx context.Context, s *session, pin *pinned, verb, rest string) error {
	switch {
	case verb == "WHO" && rest == "":
		return s.reply("NODE %s", n.ID)
	case verb == "LIST" && rest == "":
		return n.list(s)
	case verb == "STAT":
		return n.stat(ctx, s, rest)
	case verb == "DIGEST":
		return n.digest(ctx, s, rest)
	case verb == "GET":
		return n.get(ctx, s, pin, rest)
	}
	return refuse("syntax", "%s is no request to a node", lines.Quote([]byte(verb+" "+rest)))
}

func (n *Node) list(s *session) error {
	var b strings.Builder
	count := 0
	err := n.folder.list(func(name string, v version) {
		count++
		fmt.Fprintf(&b, "\nFILE %d %s %s", v.size, n.digests.peek(v), name)
	})
	if err != nil {
		n.Log.Warn("the folder can't be listed", "err", err)
		return refuse("failed", "the folder can't be listed")
	}
	return s.reply("FILES %d%s", count, b.String())
}

func (n *Node) stat(ctx context.Context, s *session, name string) error {
	file, v, err := n.folder.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	hash, err := n.digests.of(ctx, file, v).wait(ctx)
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
	file, v, err := n.folder.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if count > v.size {
		return refuse("differs", "%s has %d bytes", lines.Quote([]byte(name)), v.size)
	}
	hash, err := hashPrefix(ctx, file, count)
	if err != nil {
		return n.failed(name, err)
	}
	return s.reply("DIGEST %s %s", strconv.FormatInt(count, 10), hash)
}

// failed is what a client is told when a file could not be read.
func (n *Node) failed(name string, err error) error {
	if is(err, "changed") {
		return err
	}
	n.Log.Warn("a file could not be read", "name", name, "err", err)
	return refuse("failed", "%s could not be read", lines.Quote([]byte(name)))
}
