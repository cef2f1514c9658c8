package relay

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// maxStrangers bounds the connections that have not asked for anything yet.
const maxStrangers = 256

// Relay keeps the list of nodes.
type Relay struct {
	ln     net.Listener
	log    *slog.Logger
	leases leases
}

// Listen takes the relay's port. The error names it and says what to do. After
// success Serve must be called.
func Listen(addr string, log *slog.Logger) (*Relay, error) {
	ln, err := tcp.Listen(addr)
	if err != nil {
		return nil, err
	}
	return &Relay{ln: ln, log: log}, nil
}

// Addr returns where the relay listens.
func (r *Relay) Addr() string { return r.ln.Addr().String() }

// Serve answers nodes and clients until ctx ends, which is success.
func (r *Relay) Serve(ctx context.Context) error {
	tcp.Server{Strangers: maxStrangers, Log: r.log, Handle: func(conn net.Conn, known func()) {
		converse(ctx, conn, r.log, known, func(s *session, verb, rest string) error {
			return r.handle(ctx, s, verb, rest)
		})
	}}.Serve(ctx, r.ln)
	return nil
}

func (r *Relay) handle(ctx context.Context, s *session, verb, rest string) error {
	switch {
	case verb == "REGISTER":
		return r.register(ctx, s, rest)
	case verb == "WITHDRAW" && isHex(rest, 16):
		if r.leases.withdraw(rest) {
			r.log.Info("a node has left", "id", rest)
		}
		return s.reply("OK")
	case verb == "NODES" && rest == "":
		return r.list(s)
	}
	return refuse("syntax", "%s is no request to a relay", lines.Quote([]byte(verb+" "+rest)))
}

func (r *Relay) register(ctx context.Context, s *session, rest string) error {
	id, addr, _ := strings.Cut(rest, " ")
	host, port, err := splitAddr(addr)
	if err != nil {
		return err
	}
	if !isHex(id, 16) {
		return refuse("syntax", "%s is no ID", lines.Quote([]byte(id)))
	}
	from, _, err := net.SplitHostPort(s.conn.RemoteAddr().String())
	if err != nil {
		return err
	}
	if host == "" || host != from && !isThere(ctx, addr, id) {
		addr = net.JoinHostPort(from, port)
	}
	fresh, ok := r.leases.register(id, addr)
	if !ok {
		return refuse("full", "%d nodes are registered, and there is no room for more", maxNodes)
	}
	if fresh {
		r.log.Info("a node is here", "id", id, "addr", addr)
	}
	return s.reply("OK %s %d", addr, int(lease/time.Second))
}

// isThere reports whether the node id answers at addr.
func isThere(ctx context.Context, addr, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c, err := dial(ctx, addr)
	if err != nil {
		return false
	}
	defer c.close()
	f, err := c.ask("WHO", "NODE", 1)
	return err == nil && f[0] == id
}

func (r *Relay) list(s *session) error {
	nodes := r.leases.list()
	var b strings.Builder
	fmt.Fprintf(&b, "NODES %d %d", len(nodes), int(lease/time.Second))
	for _, addr := range nodes {
		b.WriteString("\nNODE " + addr)
	}
	return s.reply("%s", b.String())
}
