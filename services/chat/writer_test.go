package chat

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/liveness"
	"peerlab/services/chat/internal/wire"
)

// overTCP returns a link over loopback and its
// other end. Both ends hold less than a megabyte, so that who is not read is noticed.
func overTCP(t *testing.T) (*link, *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	near, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	far, err := ln.Accept()
	require.NoError(t, err)
	require.NoError(t, near.(*net.TCPConn).SetWriteBuffer(256<<10))
	require.NoError(t, far.(*net.TCPConn).SetReadBuffer(256<<10))
	l := linkOver(benchMember(), near, "2")
	t.Cleanup(func() {
		near.Close()
		far.Close()
		l.finish()
	})
	return l, far.(*net.TCPConn)
}

// linkOf adds a link that has no connection to a member.
func linkOf(m *member, name wire.Name) *link { return linkOver(m, nil, name) }

func linkOver(m *member, conn net.Conn, name wire.Name) *link {
	hello := wire.Hello{ID: wire.ID{Name: name, Incarnation: 1}, State: wire.StateNew}
	l := newLink(m, conn, newPeer(name))
	l.stream = broadcast.NewStream(l, hello, broadcast.Digest{}, 0)
	l.liveness = liveness.NewLink(l, hello.ID, true)
	m.lock().Meet(hello, true)
	m.unlock()
	m.lock()
	defer m.unlock()
	m.state.Join(l.stream)
	m.detect.Up(l.liveness)
	m.links = append(m.links, l)
	return l
}

// says types a line, and writes it in the way of the terminal's reader.
func (l *link) says(text string) {
	l.member.lock().Say([]byte(text))
	l.member.unlockAndSend()
}

// written returns the number of the last line that was written.
func (l *link) written() uint64 {
	l.member.lock()
	defer l.member.unlock()
	return l.sent
}

func TestPushWritesAtOnce(t *testing.T) {
	l, far := overTCP(t)
	for n := range uint64(3) {
		l.says("hello")
		require.Equal(t, n+1, l.written(), "it was left to another goroutine")
		want := fmt.Sprintf("MSG 1 %d hello\n", n+1)
		got := make([]byte, len(want))
		_, err := io.ReadFull(far, got)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		l.says("hello")
	}), "for a line")
	require.EqualValues(t, 3+1001, l.written())
}

// A line that the connection does not take is not waited for; it comes when it can, in
// order, and each line whole. Control lines go the same way.
func TestPushDoesNotWaitForTheOtherSide(t *testing.T) {
	l, far := overTCP(t)
	var want strings.Builder
	text := strings.Repeat("x", 1000)
	for n := range 3000 {
		l.says(text)
		fmt.Fprintf(&want, "MSG 1 %d %s\n", n+1, text)
	}
	require.Less(t, l.written(), uint64(3000), "nothing was held up")
	var pings int
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 100 {
				l.member.lock().Send(l.stream, wire.Pong{Token: []byte("x")})
				l.member.unlock()
			}
		})
	}
	all := make([]byte, want.Len()+400*len("PONG x\n"))
	_, err := io.ReadFull(far, all)
	require.NoError(t, err)
	writers.Wait()
	var lines strings.Builder
	for line := range strings.Lines(string(all)) {
		if line == "PONG x\n" {
			pings++
		} else {
			lines.WriteString(line)
		}
	}
	require.Equal(t, 400, pings)
	require.True(t, want.String() == lines.String())
}

// The last word of the reader comes behind whole lines, or not at all, and nothing
// comes behind it.
func TestNothingIsWrittenOnceItIsFinished(t *testing.T) {
	const word = "ERR syntax last word\n"
	for _, lines := range []int{0, 1, 3000} {
		l, far := overTCP(t)
		for range lines {
			l.says(strings.Repeat("x", 1000))
		}
		require.NoError(t, l.conn.SetWriteDeadline(time.Now().Add(10*time.Millisecond)))
		l.finish() // 3000 lines are more than the connection holds
		sent := l.written()
		require.Equal(t, lines == 3000, sent < uint64(lines))
		l.says("too late")
		l.member.lock()
		l.pokeLocked()
		l.member.unlock()
		var all bytes.Buffer
		var reading sync.WaitGroup
		reading.Go(func() {
			_, _ = all.ReadFrom(far) // what had come before an error counts
		})
		_ = l.conn.SetWriteDeadline(time.Time{}) // it may be closed
		_, said := l.conn.Write([]byte(word))
		l.conn.Close()
		reading.Wait()
		require.Equal(t, sent, l.written())
		got, whole := strings.CutSuffix(all.String(), word)
		require.Equal(t, said == nil, whole)
		require.NotContains(t, got, "ERR")
		require.NotContains(t, got, "too late")
		require.GreaterOrEqual(t, strings.Count(got, "\n"), int(sent))
		if whole && got != "" {
			require.True(t, strings.HasSuffix(got, "\n"), "the last line was cut, and this went on with it")
		}
	}
}

// script is an input at which all that is typed is ready from the start.
type script []string

func (s *script) Next() ([]byte, error) {
	if len(*s) == 0 {
		return nil, io.EOF
	}
	line := (*s)[0]
	*s = (*s)[1:]
	return []byte(line), nil
}
func (s *script) SkipLine() (int64, error) { return 0, nil }
func (s *script) Ready() bool              { return len(*s) > 0 }

func TestAllThatIsReadyIsSaid(t *testing.T) {
	for _, size := range []int{1, 1000, wire.MaxText} {
		var in script
		for range 3*paceStep/size + 1 {
			in = append(in, strings.Repeat("x", size))
		}
		lines, m := len(in), benchMember()
		for len(in) > 0 {
			_, err := m.chat(&in)
			require.NoError(t, err)
		}
		typed := m.lock().Typed()
		m.unlock()
		require.EqualValues(t, lines, typed, "of %d bytes", size)
	}
}
