package terminal

import (
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
)

// patience bounds every wait; none is meant to come near it.
const patience = 10 * time.Second

// seat is where a user sits: the keyboard and the wire to the screen of a
// terminal whose other end a program has.
type seat struct {
	t   *testing.T
	pty *os.File // ours
	tty *os.File // the program's

	mu      sync.Mutex
	wire    []byte
	changed chan struct{}
	ended   chan struct{} // closed when the wire is
}

func sit(t *testing.T) *seat {
	t.Helper()
	t.Setenv("TERM", "xterm")
	ptmx, tty, err := pty.Open()
	require.NoError(t, err)
	// pty leaves it in blocking mode, where a close would wait for the read of record.
	fd, err := syscall.Dup(int(ptmx.Fd()))
	require.NoError(t, err)
	require.NoError(t, ptmx.Close())
	require.NoError(t, syscall.SetNonblock(fd, true))
	s := &seat{t: t, pty: os.NewFile(uintptr(fd), "pty"), tty: tty, changed: make(chan struct{}, 1), ended: make(chan struct{})}
	go s.record()
	t.Cleanup(func() {
		s.leave()
		tty.Close()
	})
	return s
}

// record appends the bytes that the wire carries, until either end is closed.
func (s *seat) record() {
	defer close(s.ended)
	buf := make([]byte, 4096)
	for {
		n, err := s.pty.Read(buf)
		s.mu.Lock()
		s.wire = append(s.wire, buf[:n]...)
		s.mu.Unlock()
		if err != nil {
			return
		}
		select {
		case s.changed <- struct{}{}:
		default:
		}
	}
}

// leave takes the terminal away, which ends a Next that waits for its keys.
func (s *seat) leave() {
	s.pty.Close()
	<-s.ended
}

func (s *seat) types(keys string) {
	s.t.Helper()
	_, err := s.pty.WriteString(keys)
	require.NoError(s.t, err)
}

// sees waits until the wire has carried what is wanted, since the last call of
// forget, and returns all that it has carried by then.
func (s *seat) sees(want string) string {
	s.t.Helper()
	return s.until("wire carries "+want, func(wire string) bool { return strings.Contains(wire, want) })
}

func (s *seat) until(what string, ok func(wire string) bool) string {
	s.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		s.mu.Lock()
		wire := string(s.wire)
		s.mu.Unlock()
		if ok(wire) {
			return wire
		}
		select {
		case <-s.changed:
		case <-limit.C:
			require.FailNow(s.t, "waited in vain until "+what, "%q", wire)
		}
	}
}

// forget begins a new wire.
func (s *seat) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wire = nil
}

// all closes the program's end and returns everything that it has written.
func (s *seat) all() string {
	s.t.Helper()
	require.NoError(s.t, s.tty.Close())
	receive(s.t, s.ended)
	return string(s.wire)
}

func (s *seat) open() *Console {
	s.t.Helper()
	c, err := Open(s.tty, s.tty, s.tty)
	require.NoError(s.t, err)
	s.t.Cleanup(c.Close)
	return c
}

// taken is what one call of Next has returned.
type taken struct {
	line string
	err  error
}

// takes calls Next beside the test until it fails.
func takes(in lines.Source) <-chan taken {
	got := make(chan taken, 100)
	go func() {
		defer close(got)
		for {
			line, err := in.Next()
			got <- taken{string(line), err}
			if err != nil {
				return
			}
		}
	}()
	return got
}

// receive returns what comes over c, or the zero value once c is closed.
func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case v := <-c:
		return v
	case <-limit.C:
		require.FailNow(t, "waited in vain")
		panic("unreachable")
	}
}
