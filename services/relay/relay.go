package relay

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// Relay keeps the list of nodes.
type Relay struct {
	ln      net.Listener
	log     *slog.Logger
	dial    Dialer // asks nodes who they are
	leases  leases
	probing chan struct{} // one for each registration for which room is made
	news    *rate.Limiter // of lines about nodes, which any host can cause
}

// Of a crowd of nodes that come and go at once the log has the first newsBurst, and
// newsRate a second.
const (
	newsBurst = 100
	newsRate  = 10
)

// Listen listens at the relay's address. The error names it and says what to do.
// After success Serve must be called.
func Listen(addr string, log *slog.Logger) (*Relay, error) {
	ln, err := tcp.Listen(addr)
	if err != nil {
		return nil, err
	}
	return newRelay(ln, log, nil), nil
}

func newRelay(ln net.Listener, log *slog.Logger, dial Dialer) *Relay {
	return &Relay{ln: ln, log: log, dial: dial, probing: make(chan struct{}, maxProbing), news: rate.NewLimiter(newsRate, newsBurst)}
}

// Addr returns where the relay listens.
func (r *Relay) Addr() string { return r.ln.Addr().String() }

// Serve answers nodes and clients until ctx ends, which is success.
func (r *Relay) Serve(ctx context.Context) error {
	l := listener{r.ln, r.log, r.handle}
	l.serve(ctx)
	return nil
}

// tell logs that a node has come or gone, unless there is too much of that.
func (r *Relay) tell(what string, args ...any) {
	level := slog.LevelInfo
	if !r.news.Allow() {
		level = slog.LevelDebug
	}
	r.log.Log(context.Background(), level, what, args...)
}

func (r *Relay) handle(ctx context.Context, s *session, verb, rest string) error {
	defer func() {
		for _, n := range r.leases.endings() {
			r.tell("a node has left: it has not renewed its lease", "id", n.id, "addr", n.addr)
		}
	}()
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
	if !ok && r.makeRoom(ctx, id, addr, from) {
		fresh, ok = r.leases.register(id, addr, from)
	}
	if !ok {
		return refuse("full", "there is no room for another node: the relay lists %d, and %d of one host", maxNodes, maxOfHost)
	}
	if fresh {
		r.tell("a node is here", "id", id, "addr", addr)
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
		r.tell("a node has left", "id", id)
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
