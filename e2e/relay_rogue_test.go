package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// rogue is a node of the test's own, which says whatever the test wants.
type rogue struct {
	at     string
	id     string
	ln     net.Listener
	all    sync.WaitGroup
	answer func(c *rogueCall, request string) bool // false: hang up

	mu    sync.Mutex
	conns []net.Conn
	ended bool
}

// rogueCall is a connection that somebody has made to a rogue.
type rogueCall struct {
	net.Conn
	rogue *rogue
}

// says writes something, and reports whether the other side is still there.
func (c *rogueCall) says(format string, args ...any) bool {
	_, err := fmt.Fprintf(c, format, args...)
	return err == nil
}

// waits is silent until the other side has had enough.
func (c *rogueCall) waits() bool {
	_, _ = io.Copy(io.Discard, c)
	return false
}

// wanted is a GET.
type wanted struct {
	from, to int64 // of the file's bytes
	hash     string
	name     string
}

// get takes a GET for some part of a file of that size apart.
func get(request string, size int64) (w wanted, ok bool) {
	f := strings.SplitN(request, " ", 5)
	if len(f) != 5 || f[0] != "GET" {
		return w, false
	}
	from, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil {
		return w, false
	}
	w = wanted{min(from, size), size, f[3], f[4]}
	if count, err := strconv.ParseInt(f[2], 10, 64); err == nil {
		w.to = min(size, w.from+count)
	}
	return w, true
}

// joinRogue starts a rogue and registers it, so that it comes before whoever
// joins after it. It ends with the test.
func (s *swarm) joinRogue(answer func(c *rogueCall, request string) bool) *rogue {
	s.t.Helper()
	r := &rogue{at: s.Address(), id: "00000000deadbeef", answer: answer}
	var err error
	r.ln, err = s.Listen(r.at)
	require.NoError(s.t, err)
	s.t.Cleanup(r.close)
	r.all.Go(r.accept)
	s.registers(r)
	return r
}

// registers has a rogue announce itself, or renew its lease.
func (s *swarm) registers(r *rogue) {
	s.t.Helper()
	require.Equal(s.t, fmt.Sprintf("OK %s 15\n", r.at), asked(s.t, s, s.at, "REGISTER "+r.id+" :"+port(r.at)))
}

func (r *rogue) accept() {
	for {
		conn, err := r.ln.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.conns = append(r.conns, conn)
		ended := r.ended
		r.mu.Unlock()
		if ended {
			_ = conn.Close()
			return
		}
		r.all.Go(func() {
			defer conn.Close()
			c, in := &rogueCall{conn, r}, bufio.NewScanner(conn)
			for in.Scan() {
				request := in.Text()
				switch {
				case request+"\n" == relayHello:
				case request == "WHO":
					c.says("NODE %s\n", r.id)
				case !r.answer(c, request):
					return
				}
			}
		})
	}
}

func (r *rogue) close() {
	r.mu.Lock()
	r.ended = true
	_ = r.ln.Close()
	for _, conn := range r.conns {
		_ = conn.Close()
	}
	r.mu.Unlock()
	r.all.Wait()
}

// TestRelayRogueThatBehaves makes sure that a rogue could pass for a node.
func TestRelayRogueThatBehaves(t *testing.T) {
	s := startSwarm(t)
	content := noiseText(300_000, 3)
	s.joinRogue(func(c *rogueCall, request string) bool {
		w, ok := get(request, int64(len(content)))
		if !ok || w.name != "a.bin" {
			return c.says("ERR notfound no such file\n")
		}
		return c.says("SEND %d %s %d\n%sEND %s\n", len(content), hashOf(content), w.to-w.from, content[w.from:w.to], hashOf(content))
	})
	s.fetched("a.bin", content)
}
