package chat

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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
		l.writer.Mute()
	})
	return l, far.(*net.TCPConn)
}

// linkOf adds a link that has no connection to a member.
func linkOf(m *member, name wire.Name) *link { return linkOver(m, nil, name) }

func linkOver(m *member, conn net.Conn, name wire.Name) *link {
	hello := wire.Hello{ID: wire.ID{Name: name, Incarnation: 1}, State: wire.StateNew}
	l := newLink(m, conn, newPeer(name))
	l.liveness = liveness.NewLink(l, hello.ID, true)
	m.lock()
	defer m.unlock()
	l.stream = m.state.Meet(l, hello, true, m.rosterLocked(l.peer))
	l.stream.Ready()
	m.state.Join(l.stream, 0)
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
