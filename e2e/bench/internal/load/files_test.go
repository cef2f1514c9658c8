package load

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pieces gives an answer in pieces of that size, and returns its size.
func pieces(p Protocol, text string, size int) (int64, error) {
	a := answer{protocol: p}
	for piece := range slices.Chunk([]byte(text), size) {
		if over, err := a.read(piece); over || err != nil {
			return a.size, err
		}
	}
	_, err := a.read(nil)
	return a.size, err
}

func TestAnswersAreReadHoweverTheyAreCut(t *testing.T) {
	tests := []struct {
		name     string
		protocol Protocol
		text     string
		size     int64 // -1: an error
	}{
		{"a node's", Relay, "SEND 5 - 5\nhelloEND -\n", 5},
		{"a node's, an empty file", Relay, "SEND 0 - 0\nEND -\n", 0},
		{"a node's, lines in the file", Relay, "SEND 4 - 4\n\n\n\n\nEND " + strings.Repeat("0", 64) + "\n", 4},
		{"a node's error", Relay, "ERR notfound no file x here\n", -1},
		{"an error after the file", Relay, "SEND 5 - 5\nhelloERR changed\n", -1},
		{"a node's, too long", Relay, "SEND 5 - 5\nhello!END -\n", -1},
		{"a node's, too short", Relay, "SEND 5 - 5\nhellEND -\n", -1},
		{"a node's, without a size", Relay, "SEND 5 - many\n", -1},
		{"half a head", Relay, "SEND 40", -1},
		{"HTTP", HTTP, "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 5\r\nA: b\r\n\r\nhello", 5},
		{"HTTP, not found", HTTP, "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n404", -1},
		{"HTTP, without a size", HTTP, "HTTP/1.1 200 OK\r\n\r\n", -1},
		{"HTTP, cut off", HTTP, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for size := 1; size <= len(test.text); size++ {
				got, err := pieces(test.protocol, test.text, size)
				if test.size < 0 {
					require.Error(t, err, "in pieces of %d", size)
					continue
				}
				require.NoError(t, err, "in pieces of %d", size)
				require.Equal(t, test.size, got)
			}
		})
	}
	_, err := pieces(HTTP, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!", 100)
	assert.ErrorContains(t, err, "follows the file")
}

// node answers like a node in which each file has that many bytes and is announced
// with 300,000.
func node(t *testing.T, size int) netip.AddrPort {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				_, _ = in.ReadString('\n')
				_, _ = in.ReadString('\n')
				_, _ = io.WriteString(conn, "SEND 300000 - 300000\n"+strings.Repeat("x", size)+"END -\n") // the reader fails
				_ = conn.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, in)
			}()
		}
	}()
	return netip.MustParseAddrPort(ln.Addr().String())
}

func TestFilesCountsTheBytes(t *testing.T) {
	for _, atOnce := range []int{1, 3, 100} {
		total, u, err := newTestGroup(t).Files(t.Context(), Relay, node(t, 300_000), []string{"a", "b", "c", "d", "e"}, atOnce)
		require.NoError(t, err)
		assert.Equal(t, int64(1_500_000), total)
		assert.Positive(t, min(u.Seconds, u.Own))
	}
}

func TestFilesFailsWhenBytesAreMissingOrTooMany(t *testing.T) {
	for _, size := range []int{299_000, 301_000} {
		_, _, err := newTestGroup(t).Files(t.Context(), Relay, node(t, size), []string{"a"}, 1)
		assert.Error(t, err, "%d bytes", size)
	}
	_, _, err := newTestGroup(t).Files(t.Context(), Relay, netip.MustParseAddrPort("127.0.0.1:1"), []string{"a"}, 1)
	assert.ErrorContains(t, err, "request a from 127.0.0.1:1")
}
