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

// Relay keeps the list of nodes.
type Relay struct {
	ln     net.Listener
	log    *slog.Logger
	dial   Dialer // asks nodes who they are
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
	l := listener{r.ln, r.log, r.handle}
	l.serve(ctx)
	return nil
}

func (r *Relay) handle(ctx context.Context, s *session, verb, rest string) error {
	switch {
	case verb == "REGISTER":
		return r.register(ctx, s, rest)
	case verb == "WITHDRAW" && isHex(rest, 16):
		return r.withdraw(s, rest)
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
	from, err := s.from()
	if err != nil {
		return err
	}
	if host == "" || host != from && !r.isThere(ctx, addr, id) {
		addr = net.JoinHostPort(from, port)
	}
	fresh, ok := r.leases.register(id, addr, from)
	if !ok {
		return refuse("full", "%d nodes are registered, and there is no room for more", maxNodes)
	}
	if fresh {
		r.log.Info("a node is here", "id", id, "addr", addr)
	}
	return s.reply("OK %s %d", addr, int(lease/time.Second))
}

// isThere reports whether the node id answers at addr.
func (r *Relay) isThere(ctx context.Context, addr, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	f, err := r.dial.askFor(ctx, addr, "WHO", "NODE", 1)
	return err == nil && f[0] == id
}

func (r *Relay) withdraw(s *session, id string) error {
	from, err := s.from()
	if err != nil {
		return err
	}
	if r.leases.withdraw(id, from) {
		r.log.Info("a node has left", "id", id)
	}
	return s.reply("OK")
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
