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
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/tcp"
)

// Config configures a relay.
type Config struct {
	Listen string // HOST:PORT
	TLS    mtls.Flags
	Log    *slog.Logger
}

// Relay lists the nodes that are registered with it.
type Relay struct {
	ln      net.Listener
	log     *slog.Logger
	tls     *mtls.Identity // nil: plain TCP
	dial    Dialer         // connects to nodes to verify their IDs
	leases  leases
	probing chan struct{} // a token for each running makeRoom
	nodeLog *rate.Limiter // limits log lines that any host can cause
}

// When many nodes register or leave at once, the log shows the first nodeLogBurst
// of them and nodeLogRate a second after that.
const (
	nodeLogBurst = 100
	nodeLogRate  = 10
)

// Listen listens on an address. The error names the address, or a file of the
// certificate, and a remedy. If Listen succeeds, Serve must be called.
func Listen(c Config) (*Relay, error) {
	id, err := c.TLS.Open(c.Log)
	if err != nil {
		return nil, err
	}
	ln, err := tcp.Listen(c.Listen)
	if err != nil {
		return nil, err
	}
	r := newRelay(ln, c.Log, Dialer(id.Dial(nodeRole)))
	r.tls = id
	return r, nil
}

// The beginnings of the names in the certificates.
const (
	relayRole = "relay"
	nodeRole  = "node"
)

func newRelay(ln net.Listener, log *slog.Logger, dial Dialer) *Relay {
	return &Relay{ln: ln, log: log, dial: dial, probing: make(chan struct{}, maxProbing), nodeLog: rate.NewLimiter(nodeLogRate, nodeLogBurst)}
}

// Addr returns the listening address.
func (r *Relay) Addr() string { return r.ln.Addr().String() }

// Serve answers nodes and clients until ctx is cancelled. It then returns nil.
func (r *Relay) Serve(ctx context.Context) error {
	l := listener{r.ln, r.log, r.tls, r.handle}
	l.serve(ctx)
	return nil
}

// logNode logs an event of a node: at level info, or at level debug beyond the rate
// limit.
func (r *Relay) logNode(event string, args ...any) {
	level := slog.LevelInfo
	if !r.nodeLog.Allow() {
		level = slog.LevelDebug
	}
	r.log.Log(context.Background(), level, event, args...)
}

func (r *Relay) handle(ctx context.Context, s *session, verb, rest string) error {
	defer func() {
		for _, n := range r.leases.takeExpired() {
			r.logNode("lease expired; node removed", "id", n.id, "addr", n.addr)
		}
	}()
	switch peer := mtls.Peer(s.conn); {
	case verb != "NODES" && peer != "" && !strings.HasPrefix(peer, nodeRole):
		return lines.Refuse("certificate", "%s is for nodes, and this is the certificate of %s: make one with 'peerlab cert %s1'", lines.Quote([]byte(verb)), peer, nodeRole)
	case verb == "REGISTER":
		return r.register(ctx, s, rest)
	case verb == "WITHDRAW" && isHex(rest, 16):
		return r.withdraw(s, rest)
	case verb == "NODES" && rest == "":
		return r.list(s)
	}
	return lines.Refuse("syntax", "%s is not a request to a relay", lines.Quote([]byte(verb+" "+rest)))
}

func (r *Relay) register(ctx context.Context, s *session, rest string) error {
	id, addr, _ := strings.Cut(rest, " ")
	host, port, err := splitAddr(addr)
	if err != nil {
		return err
	}
	if !isHex(id, 16) {
		return lines.Refuse("syntax", "%s is not an ID", lines.Quote([]byte(id)))
	}
	from, err := s.from()
	if err != nil {
		return err
	}
	if host == "" || host != from && !r.answers(ctx, addr, id) {
		addr = net.JoinHostPort(from, port)
	}
	fresh, ok := r.leases.register(id, addr, from)
	if !ok && r.makeRoom(ctx, id, addr, from) {
		fresh, ok = r.leases.register(id, addr, from)
	}
	if !ok {
		return lines.Refuse("full", "the table is full: the relay lists at most %d nodes, and %d of one host", maxNodes, maxOfHost)
	}
	if fresh {
		r.logNode("node registered", "id", id, "addr", addr)
	}
	return s.reply("OK %s %d", addr, int(lease/time.Second))
}

// answers reports whether a node with that ID answers WHO at addr.
func (r *Relay) answers(ctx context.Context, addr, id string) bool {
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
		r.logNode("node withdrawn", "id", id)
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
