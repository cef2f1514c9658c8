package relay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/services/internal/memnet"
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/tcp"
)

func TestMain(m *testing.M) {
	if relay := os.Getenv(killedEnv); relay != "" {
		fetchUntilKilled(relay)
		return
	}
	goleak.VerifyTestMain(m)
}

// testTime and testTick bound how long and set how often a test on real sockets
// polls for the effect of another goroutine.
const (
	testTime = 10 * time.Second
	testTick = 5 * time.Millisecond
)

// lab is a relay with nodes and fetching clients. It uses net, for a synctest
// bubble, or the loopback interface if net is nil.
type lab struct {
	t     *testing.T
	net   *memnet.Network
	log   *recorder
	relay *Relay
	ports int
	end   []func()

	stopRelay func()
	slow      time.Duration // duration of a dial, in the tests that use it
}

func newLab(t *testing.T, n *memnet.Network) *lab {
	l := &lab{t: t, net: n, log: &recorder{}, ports: 7000}
	l.relay = newRelay(l.listen(), l.logger(), l.dialer())
	l.stopRelay = l.runs(func(ctx context.Context) { _ = l.relay.Serve(ctx) })
	t.Cleanup(func() {
		for _, end := range l.end {
			end()
		}
	})
	return l
}

func (l *lab) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (l *lab) dialer() Dialer {
	if l.net == nil {
		return Dialer((*mtls.Identity)(nil).Dial(""))
	}
	return func(ctx context.Context, addr string) (net.Conn, error) { return l.net.Dial(ctx, "", addr) }
}

func (l *lab) listen() net.Listener {
	l.t.Helper()
	var ln net.Listener
	var err error
	if l.net == nil {
		ln, err = tcp.Listen("127.0.0.1:0")
	} else {
		l.ports++
		ln, err = l.net.Listen(fmt.Sprintf("127.0.0.1:%d", l.ports))
	}
	require.NoError(l.t, err)
	return ln
}

// runs runs f until the function that it returns is called, or the test ends.
func (l *lab) runs(f func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	stop = func() {
		cancel()
		<-done
	}
	l.end = append(l.end, stop)
	return stop
}

// lists adds an address to the relay's table for one lease.
func (l *lab) lists(addr string) {
	id := sha256.Sum256([]byte(addr))
	_, ok := l.relay.leases.register(hex.EncodeToString(id[:8]), addr, "127.0.0.1")
	require.True(l.t, ok)
}

// actor is a node under test. The lab lists it; it does not register itself.
type actor struct {
	*Node
	dir   string
	stop  func()
	spied func(request string) // may be nil
}

// node starts a node with these files: name, content, name, content.
func (l *lab) node(files ...string) *actor {
	l.t.Helper()
	return l.nodeIn(folderOf(l.t, files...))
}

func (l *lab) nodeIn(dir string) *actor {
	l.t.Helper()
	a := &actor{dir: dir}
	f, err := openFolder(a.dir)
	require.NoError(l.t, err)
	c := NodeConfig{ID: "00000000000000aa", Log: l.logger(), Dial: l.dialer(), Relay: l.relay.Addr()}
	a.Node = newNode(c, l.listen(), f)
	a.stop = l.runs(func(ctx context.Context) {
		defer f.close()
		s := listener{a.ln, a.Log, nil, func(ctx context.Context, s *session, verb, rest string) error {
			if a.spied != nil {
				a.spied(strings.TrimSpace(verb + " " + rest))
			}
			return a.handle(ctx, s, verb, rest)
		}}
		s.serve(ctx)
		a.digests.wait()
	})
	l.lists(a.Addr())
	return a
}

// spy returns the requests that a node receives after the call.
func (l *lab) spy(a *actor) *[]string {
	var mu sync.Mutex
	var asked []string
	a.spied = func(request string) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, request)
	}
	return &asked
}

// client is a fetching client under test.
type client struct {
	*Fetch
	out, err *recorder
}

func (l *lab) client(prepare func(c *FetchConfig)) *client {
	l.t.Helper()
	out, errs := &recorder{}, &recorder{}
	c := FetchConfig{Relay: l.relay.Addr(), Out: out, Err: errs, Log: l.logger(), Dial: l.dialer(), First: true}
	if prepare != nil {
		prepare(&c)
	}
	f, err := NewFetch(c)
	require.NoError(l.t, err)
	l.t.Cleanup(f.Close)
	return &client{f, out, errs}
}

// saves returns a client that saves in a folder.
func (l *lab) saves(dir string) *client { return l.client(func(c *FetchConfig) { c.Dir = dir }) }

// gets requires that the client prints exactly this.
func (c *client) gets(t testing.TB, name, content string) {
	t.Helper()
	require.NoError(t, c.File(t.Context(), name))
	got := c.out.String()
	require.True(t, got == content, "%d bytes were printed instead of %d", len(got), len(content))
	c.out.clear()
}
