package room

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/mtls"
	"peerlab/services/internal/outbox"
)

func TestAThousandClients(t *testing.T) {
	const many = 1000
	withRoom(t, nil, func(t *testing.T, h *testRoom) {
		var all []*guest
		for range many {
			all = append(all, h.connects())
			<-time.After(time.Millisecond)
		}
		h.settles(arrival)
		require.Equal(t, many, strings.Count(h.screen.take(), " connected at time "))
		for i, g := range all {
			later := strings.Count(g.received.take(), " is Online\n")
			require.GreaterOrEqual(t, later, many-1-i, "client %d receives the line of every later client", i)
			require.LessOrEqual(t, later, many-1-i+100, "and of those who came up to %v before it", arrival)
		}
		all[0].sends(t, "hello\n")
		h.settles(0)
		for _, g := range all[1:] {
			require.Equal(t, []string{"('127.0.0.1', 50001) at 13:54:50: hello"}, g.received.takeLines())
		}
		require.Empty(t, all[0].received.take())
		for i, g := range all[1:] {
			if i%2 == 0 {
				g.Reset()
			} else {
				g.sends(t, "/quit\n")
			}
		}
		h.settles(0)
		require.Equal(t, many-1, strings.Count(all[0].received.take(), " is Offline\n"))
		require.Len(t, h.server.room.sessions, 1)
	})
}

func TestAFullRoom(t *testing.T) {
	withRoom(t, nil, func(t *testing.T, h *testRoom) {
		r := h.server.room
		one := h.joins()
		r.mu.Lock()
		there := r.sessions
		for len(r.sessions) < maxSessions {
			r.sessions = append(r.sessions, there[0])
		}
		r.mu.Unlock()
		late := h.connects()
		<-late.ended
		require.Equal(t, "The room is full: it holds 10000 clients\n", late.received.take())
		r.mu.Lock()
		r.sessions = there
		r.mu.Unlock()
		one.received.take()
		h.joins()
		require.Contains(t, one.received.take(), "[127.0.0.1:50003] is Online")
	})
}

func TestTheServerEnds(t *testing.T) {
	withRoom(t, nil, func(t *testing.T, h *testRoom) {
		one, two := h.joins(), h.connects() // two has not been announced
		deaf := h.dial()
		h.settles(0)
		began := time.Now()
		h.stop()
		<-one.ended
		<-two.ended
		require.Zero(t, time.Since(began))
		require.Equal(t, lineGreeting+lineGoodbye, one.received.take())
		require.Equal(t, lineGreeting+lineGoodbye, two.received.take())
		<-h.done
		require.LessOrEqual(t, time.Since(began), leaveTimeout+time.Second)
		deaf.Close()
	})
}

func TestHistoryIsSentToNewClients(t *testing.T) {
	withRoom(t, func(_ *testRoom, c *Config) { c.History = 3 }, func(t *testing.T, h *testRoom) {
		one := h.joins()
		one.sends(t, "1\n")
		h.settles(0)
		require.Equal(t, lineGreeting+"('127.0.0.1', 50001) at 13:54:49: 1\n", h.joins().received.take())
		one.sends(t, "2\n/nick Ann\n3\n4\n")
		h.settles(0)
		one.received.take()
		require.Equal(t, lineGreeting+"('127.0.0.1', 50001) at 13:54:49: 2\nAnn at 13:54:49: 3\nAnn at 13:54:49: 4\n", h.joins().received.take())
		require.Equal(t, "[127.0.0.1:50003] is Online\n", one.received.take())
	})
}

// The history is bounded for lines of any length: each new client that does not
// read holds a copy of it.
func TestHistoryIsBoundedInBytes(t *testing.T) {
	withRoom(t, func(_ *testRoom, c *Config) { c.History = maxHistory }, func(t *testing.T, h *testRoom) {
		one := h.joins()
		text := strings.Repeat("x", 4000)
		for range 3 * maxHistoryBytes / len(text) {
			one.sends(t, text+"\n")
		}
		one.sends(t, "last\n")
		h.settles(0)
		got := h.joins().received.takeLines()
		require.Equal(t, "('127.0.0.1', 50001) at 13:54:49: last", got[len(got)-1])
		line := "('127.0.0.1', 50001) at 13:54:49: " + text
		for _, l := range got[1 : len(got)-1] {
			require.Equal(t, line, l)
		}
		require.Equal(t, 1+maxHistoryBytes/(len(line)+1)+1, len(got))
	})
}

// silentConn is a client that reads everything and sends nothing.
type silentConn struct {
	net.Conn
	received recorder
}

func (e *silentConn) Write(b []byte) (int, error)   { return e.received.Write(b) }
func (*silentConn) SetReadDeadline(time.Time) error { return nil }

// A client that connects, asks or sets its name at that very moment receives
// nothing after the goodbye. No reader removes the sessions meanwhile.
func TestTheGoodbyeIsTheLastLine(t *testing.T) {
	r := newRoom(Config{Screen: io.Discard, Log: discard, Now: time.Now})
	var sessions []*session
	var conns []*silentConn
	for range 2 {
		e := &silentConn{}
		s := &session{room: r, conn: e}
		s.changed.L, s.out = &r.mu, outbox.New(s.conn, &r.mu, s)
		require.NoError(t, r.join(s))
		s.out.Flush()
		require.Equal(t, lineGreeting, e.received.take())
		sessions, conns = append(sessions, s), append(conns, e)
	}
	r.end()
	r.merge.at = time.Time{} // release the next lines at once
	r.announce(sessions[1])
	r.rename(sessions[1], "Ann")
	sessions[0].reply(r.who(sessions[0]))
	for i, s := range sessions {
		s.out.Flush()
		require.Equal(t, lineGoodbye, conns[i].received.take())
	}
	require.NoError(t, r.screen.Flush())
}

// Neither a flood without LF nor one of lines in an otherwise empty room uses
// memory.
func TestMemoryStaysFlat(t *testing.T) {
	for name, chunk := range map[string]string{
		"no LF": strings.Repeat("x", 1<<16), "lines": strings.Repeat(strings.Repeat("x", 63)+"\n", 1<<10),
		"empty lines": strings.Repeat("\n", 1<<16), "one subnegotiation after the other": strings.Repeat("\xff\xfa", 1<<15),
	} {
		t.Run(name, func(t *testing.T) {
			withRoom(t, nil, func(t *testing.T, h *testRoom) {
				g := h.joins()
				before := inUse()
				for range 256 { // 16 MiB
					g.sends(t, chunk)
				}
				synctest.Wait()
				require.Less(t, inUse(), before+2<<20)
			})
		})
	}
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// loopback starts a room on loopback.
func loopback(t testing.TB) (addr string, end func()) {
	t.Helper()
	s, err := Listen(Config{Listen: "127.0.0.1:0", Screen: io.Discard, Log: discard, Now: time.Now})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ctx) // never fails
	}()
	return s.Addr(), func() {
		cancel()
		<-done
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("needs /proc/self/fd to count descriptors")
	}
	return len(all)
}

func TestNothingLeaksWhenClientsReset(t *testing.T) {
	before := descriptors(t)
	addr, end := loopback(t)
	stays, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	in := bufio.NewScanner(stays)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprintf(conn, "hello %d\n", i)
			if i%2 == 0 {
				if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for came, gone := 0, 0; gone == 0 || gone < came; {
		require.True(t, in.Scan(), "%v", in.Err())
		came += strings.Count(in.Text(), "is Online")
		gone += strings.Count(in.Text(), "is Offline")
	}
	stays.Close()
	end()
	require.LessOrEqual(t, descriptors(t), before+2, "two belong to the network poller")
}

func TestProbe(t *testing.T) {
	addr, end := loopback(t)
	require.NoError(t, Probe(t.Context(), mtls.Flags{}, addr))
	end()
	require.Error(t, Probe(t.Context(), mtls.Flags{}, addr))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err == nil {
			_, _ = io.WriteString(conn, "220 mail\r\n")
			conn.Close()
		}
	}()
	require.ErrorContains(t, Probe(t.Context(), mtls.Flags{}, ln.Addr().String()), `answers "220 mail": it is another program`)
}
