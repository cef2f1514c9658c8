package outbox

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
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// queue is a Source of lines, each of which is written by itself.
type queue struct {
	*Writer
	mu      sync.Mutex
	lines   [][]byte
	written int
	err     error
}

func (q *queue) Next(bufs net.Buffers) net.Buffers {
	if q.err != nil {
		panic("more is written after an error")
	}
	if len(q.lines) > 0 {
		bufs = append(bufs, q.lines[0])
		q.lines = q.lines[1:]
	}
	return bufs
}

func (q *queue) Wrote(err error) {
	if q.err = err; err == nil {
		q.written++
	}
}

// says adds a line, and pushes it unless there is a goroutine that writes.
func (q *queue) says(line string) {
	q.mu.Lock()
	q.lines = append(q.lines, []byte(line))
	begun := q.BeginLocked()
	q.mu.Unlock()
	if begun {
		q.Push()
	}
}

func (q *queue) through() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.written
}

// overTCP returns a queue that is written over loopback, and the other end. Both ends
// hold less than a megabyte, so that one that is not read is noticed.
func overTCP(t *testing.T) (*queue, *net.TCPConn) {
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
	q := &queue{}
	q.Writer = New(near, &q.mu, q)
	t.Cleanup(func() {
		near.Close()
		far.Close()
		q.Mute()
	})
	return q, far.(*net.TCPConn)
}

func TestPushWritesAtOnce(t *testing.T) {
	q, far := overTCP(t)
	for n := range 3 {
		q.says("hello\n")
		require.Equal(t, n+1, q.through(), "it was left to another goroutine")
		got := make([]byte, len("hello\n"))
		_, err := io.ReadFull(far, got)
		require.NoError(t, err)
		require.Equal(t, "hello\n", string(got))
	}
}

// Bytes that the connection does not accept are not waited for; they come when they can, in order
// and whole, whether it was pushed or a goroutine was woken for it.
func TestPushDoesNotWaitForTheOtherSide(t *testing.T) {
	q, far := overTCP(t)
	var want strings.Builder
	text := strings.Repeat("x", 1000)
	for n := range 3000 {
		line := fmt.Sprintf("%d %s\n", n, text)
		q.says(line)
		want.WriteString(line)
	}
	require.Less(t, q.through(), 3000, "nothing was held up")
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 100 {
				q.mu.Lock()
				q.lines = append(q.lines, []byte("y\n"))
				q.WakeLocked()
				q.mu.Unlock()
			}
		})
	}
	all := make([]byte, want.Len()+400*len("y\n"))
	_, err := io.ReadFull(far, all)
	require.NoError(t, err)
	writers.Wait()
	require.True(t, want.String() == strings.ReplaceAll(string(all), "y\n", ""))
}

// A last word of another goroutine comes behind whole lines, or not at all, and nothing
// comes behind it.
func TestNothingIsWrittenOnceItIsMuted(t *testing.T) {
	const word = "the last word\n"
	for _, lines := range []int{0, 1, 3000} {
		q, far := overTCP(t)
		for range lines {
			q.says(strings.Repeat("x", 1000) + "\n")
		}
		require.NoError(t, q.out.(net.Conn).SetWriteDeadline(time.Now().Add(10*time.Millisecond)))
		q.Mute() // 3000 lines are more than the connection holds
		sent := q.through()
		require.Equal(t, lines == 3000, sent < lines)
		q.says("too late")
		require.False(t, q.busy)
		var all bytes.Buffer
		var reading sync.WaitGroup
		reading.Go(func() {
			_, _ = all.ReadFrom(far) // what had come before an error counts
		})
		whole := q.err == nil
		if whole {
			_ = q.out.(net.Conn).SetWriteDeadline(time.Time{})
			_, err := io.WriteString(q.out, word)
			require.NoError(t, err)
		}
		q.out.(net.Conn).Close()
		reading.Wait()
		got, said := strings.CutSuffix(all.String(), word)
		require.Equal(t, whole, said)
		require.NotContains(t, got, "too late")
		require.GreaterOrEqual(t, strings.Count(got, "\n"), sent)
	}
}

// A connection in memory is written to by a goroutine alone.
func TestAConnectionInMemory(t *testing.T) {
	near, far := net.Pipe()
	q := &queue{}
	q.Writer = New(near, &q.mu, q)
	q.says("hello\n")
	got := make([]byte, len("hello\n"))
	_, err := io.ReadFull(far, got)
	require.NoError(t, err)
	require.Equal(t, "hello\n", string(got))
	far.Close()
	q.says("lost\n")
	q.Flush()
	require.ErrorIs(t, q.err, io.ErrClosedPipe)
	require.Equal(t, 1, q.through())
}
