package chat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/e2e/checker"
	"peerlab/lab/certs"
	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/memnet"
	"peerlab/services/internal/mtls"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lab is a chat in memory. It is used inside a synctest bubble: a test types,
// waits until nothing moves any more, and reads the screens.
type lab struct {
	t           *testing.T
	net         *memnet.Network
	ca          certs.Dir // empty: plain TCP
	incarnation uint64
	all         []*actor
	strangers   sync.WaitGroup
	over        chan struct{}

	mu    sync.Mutex                 // dials look, too
	apart func(from, to string) bool // who cannot reach whom
	began time.Time
	last  time.Duration // that clock has returned
}

func newLab(t *testing.T) *lab {
	return &lab{t: t, net: memnet.New(), incarnation: 1000, over: make(chan struct{}), began: time.Now()}
}

// clock returns the time since the beginning, later with each call: much happens at
// one moment of fake time.
func (l *lab) clock() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = max(l.last+1, time.Since(l.began))
	return l.last
}

// actor is one member under test.
type actor struct {
	*member
	lab    *lab
	ln     net.Listener
	life   checker.Life // without its screen
	screen *recorder
	log    *recorder
	keys   chan string
	stop   context.CancelFunc
	done   chan struct{} // closed when serve has returned
	err    error
}

// recorder is a screen: what was written, line by line, and when.
type recorder struct {
	clock func() time.Duration

	mu     sync.Mutex
	buf    bytes.Buffer
	writes []written // each of whole lines
}

type written struct {
	at  time.Duration
	end int // in the buffer
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, err := r.buf.Write(b)
	r.writes = append(r.writes, written{r.clock(), r.buf.Len()})
	return n, err
}

func (r *recorder) shown() (all []checker.Shown) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := 0
	for _, w := range r.writes {
		for line := range strings.Lines(string(r.buf.Bytes()[from:w.end])) {
			all = append(all, checker.Shown{At: w.at, Text: strings.TrimSuffix(line, "\n")})
		}
		from = w.end
	}
	return all
}

func (r *recorder) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Split(strings.TrimSuffix(r.buf.String(), "\n"), "\n")
}

// times is how often a screen shows a line.
func times(a *actor, line string) (n int) {
	for _, l := range a.screen.lines() {
		if l == line {
			n++
		}
	}
	return n
}

func (r *recorder) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.buf.Reset()
	r.writes = nil
}

// keyboard is an Input that waits in a way that synctest understands.
type keyboard chan string

func (k keyboard) Next() ([]byte, error) {
	line, ok := <-k
	if !ok {
		return nil, io.EOF
	}
	return []byte(line), nil
}

func (k keyboard) SkipLine() (int64, error) { return 0, nil }
func (k keyboard) Ready() bool              { return false }

// filter refuses the dials of those who are apart.
func (l *lab) filter(from, to string) error {
	l.mu.Lock()
	apart := l.apart
	l.mu.Unlock()
	if apart != nil && apart(from, to) {
		return errors.New("network down")
	}
	return nil
}

// between matches the connections of a with any of others, or of all if there
// are none.
func between(a *actor, others ...*actor) func(from, to string) bool {
	return func(from, to string) bool {
		for _, o := range others {
			if from == a.Addr && to == o.Addr || from == o.Addr && to == a.Addr {
				return true
			}
		}
		return len(others) == 0 && (from == a.Addr || to == a.Addr)
	}
}

// forbid prevents such connections from now on; nil allows all.
func (l *lab) forbid(which func(from, to string) bool) {
	l.mu.Lock()
	l.apart = which
	l.mu.Unlock()
	l.net.Filter(l.filter)
}

// part cuts those connections, and keeps them cut; nil mends all.
func (l *lab) part(which func(from, to string) bool) {
	l.forbid(which)
	if which != nil {
		l.breaks(which)
	}
}

// hold has nothing get through those connections until it is called with false.
func (l *lab) hold(on bool, which func(from, to string) bool) {
	l.net.Each(func(c *memnet.Conn, from, to string) {
		if which(from, to) {
			c.Hold(on)
		}
	})
}

// start starts a member: "server", or a client by its ID. prepare may be nil.
func (l *lab) start(name wire.Name, addr string, prepare func(m *member), peers ...string) *actor {
	l.t.Helper()
	ln, err := l.net.Listen(addr)
	require.NoError(l.t, err)
	l.incarnation++
	a := &actor{
		lab: l, ln: ln, life: checker.Life{Who: name.Display(), From: l.clock()},
		screen: &recorder{clock: l.clock}, log: &recorder{clock: l.clock}, keys: make(chan string), done: make(chan struct{}),
	}
	a.member = newMember(config{
		Name: name, Addr: addr,
		Config: Config{
			Incarnation: l.incarnation, Screen: a.screen,
			Log: slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		},
		Dial: func(ctx context.Context, _ wire.Name, to string) (net.Conn, error) { return l.net.Dial(ctx, addr, to) },
	})
	if l.ca != "" {
		a.identity = l.identity(certificateOf(name), a.Log)
	}
	begin := a.recall
	if name != wire.Server {
		begin = func() { a.join(serverAddr, peers) }
	}
	if prepare != nil {
		prepare(a.member)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.stop = cancel
	go func() {
		defer close(a.done)
		a.err = a.serve(ctx, ln, keyboard(a.keys), begin)
	}()
	l.all = append(l.all, a)
	synctest.Wait()
	return a
}

// identity issues a certificate of that name.
func (l *lab) identity(name string, log *slog.Logger) *mtls.Identity {
	l.t.Helper()
	require.NoError(l.t, l.ca.Issue(name, 24*time.Hour))
	id, err := mtls.Flags{Dir: filepath.Join(string(l.ca), name)}.Open(log)
	require.NoError(l.t, err)
	return id
}

const serverAddr = "127.0.0.1:4000"

func clientAddr(id string) string { return "127.0.0.1:600" + id }

func (l *lab) server() *actor          { return l.start(wire.Server, serverAddr, nil) }
func (l *lab) client(id string) *actor { return l.start(wire.Name(id), clientAddr(id), nil) }
func (l *lab) clients(ids string) (c []*actor) {
	for _, id := range strings.Split(ids, "") {
		c = append(c, l.client(id))
	}
	return c
}

// types types a line and waits until it is everywhere it can get to.
func (a *actor) types(line string) {
	a.keys <- line
	synctest.Wait()
}

// ends waits until the member has ended and returns why.
func (a *actor) ends() error {
	<-a.done
	return a.err
}

// kill ends the member without a goodbye: no byte leaves it any more.
func (a *actor) kill() {
	a.life.End, a.life.To = checker.Killed, a.lab.clock()
	a.lab.net.Filter(func(from, to string) error {
		if from == a.Addr || to == a.Addr {
			return errors.New("killed")
		}
		return a.lab.filter(from, to)
	})
	a.lab.breaks(func(from, to string) bool { return from == a.Addr || to == a.Addr })
	a.stop()
	<-a.done
	a.lab.net.Filter(a.lab.filter)
	synctest.Wait()
}

// breaks resets the connections that were dialled from and to such addresses.
func (l *lab) breaks(which func(from, to string) bool) {
	l.net.Each(func(c *memnet.Conn, from, to string) {
		if which(from, to) {
			c.Reset()
		}
	})
}

// end ends all members; every test defers it.
func (l *lab) end() {
	close(l.over)
	l.strangers.Wait()
	for _, a := range l.all {
		a.stop()
		close(a.keys)
	}
	for _, a := range l.all {
		<-a.done
	}
}

// shows requires that a screen holds exactly these lines, in any order, and
// clears it.
func (a *actor) shows(lines ...string) {
	a.lab.t.Helper()
	synctest.Wait()
	got := a.screen.lines()
	if len(lines) == 0 {
		lines = []string{""}
	}
	require.ElementsMatch(a.lab.t, lines, got, "the screen of %s; its log:\n%s", a.Name.Display(), strings.Join(a.log.lines(), "\n"))
	a.screen.clear()
}

// lock takes the lock, and returns the state machine.
func (m *member) lock() *broadcast.State {
	m.mu.Lock()
	return m.state
}

func (m *member) unlock() { m.mu.Unlock() }

// all returns the links that are up.
func (m *member) all() []*link {
	m.lock()
	defer m.unlock()
	return m.links
}
