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
)

const (
	leaveTimeout = 2 * time.Second // for the others to read what is left and BYE
	maxPeers     = 1024            // members that one keeps track of, dead ones included
)

// config is what server and client have in common.
type config struct {
	Name        Name
	Incarnation uint64
	Advertise   string // the address that others dial
	Screen      io.Writer
	Log         *slog.Logger
	// Dial connects to the address of another member.
	Dial func(ctx context.Context, to Name, addr string) (net.Conn, error)
}

// member is one process of the chat, the server or a client: its peers, the
// links to them, and the lines typed at it. Its parts:
//
//	accept.go   connections that come in      dial.go     connections that go out
//	greet.go    the handshake of both         claim.go    which of them stays
//	receive.go  the reader of a link          link.go     its writer
//	roster.go   who is known, PEER lines      welcome.go  what the screens say of it
//	history.go  lines typed here              typed.go    the terminal
type member struct {
	config
	screen  *screen
	history *history
	// registry is the server's; clients have none.
	registry *Registry
	alone    solitude // a client's; its dialler of the server has it

	// Set by serve, before any goroutine is started.
	soft    context.Context // ends when this member is to leave
	hard    context.Context // ends when every connection must close
	fatal   func(error)     // ends serve with an error
	workers sync.WaitGroup

	mu      sync.Mutex // never held while waiting for anything
	peers   map[Name]*peer
	links   []*link // those that are up; replaced, never changed
	state   state
	leaving bool // no new links
}

func newMember(c config) *member {
	return &member{
		config:  c,
		screen:  &screen{w: c.Screen},
		history: &history{max: maxHistory},
		peers:   make(map[Name]*peer),
		state:   stateIn,
	}
}

// errLeave is the cause of a context that ends because somebody typed so.
var errLeave = errors.New("asked to leave at the terminal")

// serve runs the member until ctx ends, its terminal is left, or something
// fatal happens: it accepts from ln, which it closes, after what start starts. It
// leaves in good order: everybody gets what was typed and BYE, and has two
// seconds to read it. Being asked to leave is success.
func (m *member) serve(ctx context.Context, ln net.Listener, in Input, start func()) error {
	soft, end := context.WithCancelCause(ctx)
	hard, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	m.soft, m.hard, m.fatal = soft, hard, func(err error) { end(err) }

	start()
	m.work(func() { m.accept(soft, ln) })
	go m.readTyped(in, end) // not waited for: a read of a terminal cannot be called off

	<-soft.Done()
	ln.Close()
	m.leave()
	cut()
	m.workers.Wait()
	m.screen.flush()
	if err := context.Cause(soft); ctx.Err() == nil && !errors.Is(err, errLeave) {
		return err
	}
	if err := m.screen.failure(); err != nil {
		return fmt.Errorf("the screen: %w", err)
	}
	return nil
}

// work runs f in a goroutine that serve waits for.
func (m *member) work(f func()) { m.workers.Go(f) }

// say sends a line to everybody, now or when they are back.
func (m *member) say(text []byte) error {
	if err := CheckText(text); err != nil {
		return err
	}
	m.history.add(m.Name, text)
	m.mu.Lock()
	links := m.links
	m.mu.Unlock()
	for _, l := range links {
		l.poke()
	}
	return nil
}

// leave says BYE to everybody and waits, for a bounded time, until they have
// closed.
func (m *member) leave() {
	m.mu.Lock()
	m.leaving = true
	links := m.links
	m.mu.Unlock()
	for _, l := range links {
		l.leave()
	}
	timeout := time.NewTimer(leaveTimeout)
	defer timeout.Stop()
	for _, l := range links {
		select {
		case <-l.done:
		case <-timeout.C:
			m.Log.Warn("left without everybody having read it", "slow", l.peer.name.Who())
			return
		}
	}
}

// up makes a link of a connection whose handshake is over, and runs it until it
// ends. It returns false at once if the claim to the peer was lost meanwhile.
func (m *member) up(l *link) bool {
	p := l.peer
	m.mu.Lock()
	if p.claim == nil || p.claim.conn != l.conn || m.leaving {
		m.mu.Unlock()
		return false
	}
	p.claim = nil
	p.link = l
	m.links = append(slices.Clip(m.links), l)
	m.mu.Unlock()
	m.Log.Info("link up", "peer", p.name.Who(), "incarnation", l.incarnation, "addr", l.conn.RemoteAddr(), "dialled", l.dialled)

	m.introduce(l)
	writer := make(chan struct{})
	go func() { defer close(writer); l.write() }()
	err := m.read(l)
	l.conn.Close()
	close(l.done)
	<-writer

	m.mu.Lock()
	p.link = nil
	m.links = slices.DeleteFunc(slices.Clone(m.links), func(o *link) bool { return o == l })
	m.mu.Unlock()
	if !l.dialled { // a dialler knows for itself
		p.news()
	}
	m.Log.Info("link down", "peer", p.name.Who(), "why", l.reason(err))
	return true
}
