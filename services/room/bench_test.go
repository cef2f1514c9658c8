package room

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/outbox"
)

// sink is a client that reads everything at once.
type sink struct {
	net.Conn
	bytes int64
}

func (s *sink) Write(b []byte) (int, error) { s.bytes += int64(len(b)); return len(b), nil }
func (s *sink) RemoteAddr() net.Addr        { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 52208} }

// flood is a client that sends the same lines n times.
type flood struct {
	sink
	lines []byte
	n     int
}

func (f *flood) Read(b []byte) (int, error) {
	if f.n == 0 {
		return 0, io.EOF
	}
	n := min(len(b)/64, len(f.lines)/64, f.n)
	copy(b, f.lines[:n*64])
	f.n -= n
	return n * 64, nil
}

func (*flood) Close() error                     { return nil }
func (*flood) CloseWrite() error                { return nil }
func (*flood) SetDeadline(time.Time) error      { return nil }
func (*flood) SetReadDeadline(time.Time) error  { return nil }
func (*flood) SetWriteDeadline(time.Time) error { return nil }

// newBenchRoom returns a room with n clients that only read.
func newBenchRoom(b *testing.B, n int) *room {
	r := newRoom(Config{Screen: io.Discard, Log: discard, Now: time.Now})
	for range n {
		s := &session{room: r, conn: &sink{}}
		s.changed.L, s.out = &r.mu, outbox.New(s.conn, &r.mu, s)
		require.NoError(b, r.join(s))
	}
	return r
}

// BenchmarkServe measures a line's path through the server without the kernel:
// read, split, escaped, stamped, added, and written by each client's writer.
func BenchmarkServe(b *testing.B) {
	for _, listeners := range []int{1, 100} {
		b.Run(map[int]string{1: "to=1", 100: "to=100"}[listeners], func(b *testing.B) {
			r := newBenchRoom(b, listeners)
			f := &flood{lines: bytes.Repeat([]byte(strings.Repeat("x", 63)+"\n"), 1024), n: b.N}
			b.SetBytes(64)
			b.ReportAllocs()
			b.ResetTimer()
			r.serve(f)
			b.StopTimer()
			r.merge.timer.Stop()
			for _, s := range r.sessions {
				s.out.Flush()
			}
		})
	}
}

// BenchmarkPublish measures single lines, as people type them.
func BenchmarkPublish(b *testing.B) {
	r := newBenchRoom(b, 1)
	s := r.sessions[0]
	s.speaker = "('127.0.0.1', 52208) at "
	line := []byte("Hey am client1")
	b.ReportAllocs()
	for b.Loop() {
		s.send(line)
		s.flush()
	}
	r.merge.timer.Stop()
	s.out.Flush()
}

func BenchmarkAppendLine(b *testing.B) {
	for name, text := range map[string]string{"ascii": strings.Repeat("x", 63), "utf8": strings.Repeat("ü", 31), "escaped": strings.Repeat("x", 62) + "\x1b"} {
		b.Run(name, func(b *testing.B) {
			buf, line, clock := make([]byte, 0, 1024), []byte(text), []byte("13:54:49")
			b.ReportAllocs()
			for b.Loop() {
				buf = appendLine(buf[:0], "('127.0.0.1', 52208) at ", clock, line)
			}
		})
	}
}

func BenchmarkTelnet(b *testing.B) {
	var f telnet
	chunk := bytes.Repeat([]byte(strings.Repeat("x", 63)+"\n"), 1024)
	b.SetBytes(int64(len(chunk)))
	for b.Loop() {
		f.filter(chunk)
	}
}
