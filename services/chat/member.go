package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/liveness"
	"peerlab/services/chat/internal/registry"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/outbox"
	"peerlab/services/internal/tcp"
)

// Config is what server and client need to know.
type Config struct {
	Incarnation uint64 // greater than that of any process before with this name
	Screen      io.Writer
	Input       lines.Source
	Log         *slog.Logger
	TLS         mtls.Flags
}

// Member is a server or a client of the chat that listens.
type Member struct {
	m     *member
	ln    net.Listener
	start func() // dials the members that are known at the start
}

// listen listens at an address.
func listen(at string, c config) (*Member, error) {
	var err error
	if c.identity, err = c.TLS.Open(c.Log); err != nil {
		return nil, err
	}
	if own := certificateOf(c.Name); c.identity != nil && c.identity.Name() != own {
		return nil, fmt.Errorf("-tls %s is the certificate of %s, and not of %s: make that with 'peerlab cert %s'", c.TLS.Dir, c.identity.Name(), own, own)
	}
	ln, err := tcp.Listen(at)
	if err != nil {
		return nil, err
	}
	c.Addr = ln.Addr().String()
	if err = tcp.CheckAnnounced(c.Addr); err != nil {
		ln.Close()
		return nil, err
	}
	return &Member{m: newMember(c), ln: ln}, nil
}

// Addr returns where the member listens.
func (s *Member) Addr() string { return s.ln.Addr().String() }

// Serve runs the member until ctx ends or a command ends it; either is success. All
// other members have then received BYE, or had two seconds to read it. The error is
// that the ID is taken, or that the screen is gone. It may be called once.
func (s *Member) Serve(ctx context.Context) error {
	if s.m.registry != nil {
		defer s.m.registry.Close()
	}
	return s.m.serve(ctx, s.ln, s.m.Input, s.start)
}

// config is the configuration of a member.
type config struct {
	Config
	Name wire.Name
	Addr string // where this member listens, for others to dial
	// Dial connects to the address of another member.
	Dial     func(ctx context.Context, to wire.Name, addr string) (net.Conn, error)
	identity *mtls.Identity // nil: plain TCP
}

// member is one process of the chat, the server or a client: its peers, the links to
// them, and the lines typed at it. Its parts:
//
//	accept.go     connections that come in    dial.go    connections that go out
//	handshake.go  the handshake of both       claim.go   which of them stays
//	receive.go    the reader of a link        link.go    its state, and what it writes
//	peer.go       which members are known     gossip.go  what others say of clients
//	welcome.go    what the screens say        leave.go   the end of this process
//	typed.go      the terminal, and pace.go   stats.go   what has been counted
//	clock.go      what is done at times, and what decides which lines are shown
type member struct {
	config
	screen
	registry *registry.Registry // the server's; clients have none
	alarm    *time.Timer        // tick is due
	beat     *time.Timer        // watch is due

	// Set by serve, before any goroutine is started.
	soft     context.Context // ends when this member is to leave
	dialling context.Context // ends when no peer is dialled or admitted any more
	hard     context.Context // ends when every connection must close
	workers  sync.WaitGroup

	// mu guards all of the member that follows, and what is said of other types. No
	// goroutine waits for another side, the screen or the disk while it holds mu. A
	// reader takes it once for all lines of one read.
	mu      sync.Mutex
	state   *broadcast.State
	detect  *liveness.Detector
	links   []*link   // those that are up; the slice is replaced when one goes
	flowing sync.Cond // readers that wait in flowLocked must look again

	peers         map[wire.Name]*peer
	stage         wire.State // how far this client has got
	admittedBy    *link      // the link to the member that admitted this client
	arrived       bool       // the screen has said that this client is in; a server never arrives
	leaving       bool       // no new links
	registryFails bool       // the last change could not be written
	turnedAway    int64      // connections that came in and were refused
}

func newMember(c config) *member {
	m := &member{
		config:  c,
		screen:  screen{w: c.Screen},
		alarm:   time.NewTimer(time.Hour),
		beat:    time.NewTimer(0),
		detect:  liveness.New(c.Name),
		peers:   make(map[wire.Name]*peer),
		stage:   wire.StateIn,
		arrived: c.Name == wire.Server,
	}
	m.alarm.Stop()
	m.out, m.flowing.L = outbox.New(&m.screen, &m.mu, &m.screen), &m.mu
	m.state = broadcast.New(wire.ID{Name: c.Name, Incarnation: c.Incarnation}, m)
	return m
}

// errLeave is the cause of a context that ends because a command said so.
var errLeave = errors.New("asked to leave at the terminal")

// serve runs the member until ctx ends, its terminal is left, or something
// fatal happens: it calls start, and accepts from ln, which it closes. All members
// then receive what was typed and BYE, and have two seconds to read it. Being asked
// to leave is success.
func (m *member) serve(ctx context.Context, ln net.Listener, in lines.Source, start func()) error {
	soft, end := context.WithCancelCause(ctx)
	defer end(nil)
	hard, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	dialling, stopDialling := context.WithCancel(hard)
	m.soft, m.dialling, m.hard, m.fatal = soft, dialling, hard, func(err error) { end(err) }

	start()
	m.work(func() { m.accept(ln) })
	m.work(m.watchOver)
	go m.readTyped(in, end) // not waited for: a read of a terminal cannot be called off

	<-soft.Done()
	m.depart(stopDialling)
	cut() // the connections of handshakes, too
	m.mu.Lock()
	for _, l := range m.links {
		l.closeLocked(errLeave)
	}
	m.mu.Unlock()
	if !m.finished() {
		return errors.New("the screen takes nothing any more; what it had not shown is lost")
	}
	if err := context.Cause(soft); ctx.Err() == nil && !errors.Is(err, errLeave) {
		return err
	}
	return nil
}

// finished waits until all goroutines have ended and all is on the screen, but
// not for ever: the screen may be a pipe that no process reads.
func (m *member) finished() bool {
	over := make(chan struct{})
	go func() {
		defer close(over)
		m.workers.Wait()
		m.flush()
	}()
	select {
	case <-over:
		return true
	case <-time.After(leaveTimeout):
		return false
	}
}

// work runs f in a goroutine that serve waits for.
func (m *member) work(f func()) { m.workers.Go(f) }

// run runs a link until it ends: it is the goroutine of its reader.
func (m *member) run(l *link) {
	p, began := l.peer, time.Now()
	m.Log.Debug("link up", "peer", p.name.Display(), "incarnation", l.incarnation, "addr", l.conn.RemoteAddr())

	why := l.reason(m.read(l))
	l.conn.Close()
	l.writer.Mute()

	m.mu.Lock()
	m.links = slices.DeleteFunc(slices.Clone(m.links), func(other *link) bool { return other == l })
	m.state.Part(l.stream, time.Now())
	m.detect.Down(l.liveness)
	if reason := cutReason(why); reason != "" {
		p.cuts[reason]++
	}
	p.link, p.lost, p.sent, p.mute = nil, time.Now(), l.sent, errors.Is(why, errSilent)
	m.redialLocked(p, l.own, !l.own || time.Since(began) > lastRetry)
	m.out.WakeLocked()
	m.mu.Unlock()
	close(l.over)
	m.Log.Debug("link down", "peer", p.name.Display(), "why", why)
}
