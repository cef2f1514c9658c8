package tcp

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func plain(ctx context.Context, addr string) (net.Conn, error) { return Dial(ctx, "", addr) }

func TestProbe(t *testing.T) {
	for name, test := range map[string]struct {
		answer, request, want string
		err                   string
	}{
		"an answer":              {answer: "pong\nand more", request: "ping\n", want: "pong"},
		"no answer":              {},
		"another answer":         {answer: "220 mail\r\n", request: "ping\n", want: "pong", err: `answers "220 mail": it is another program`},
		"an answer, not wanted":  {answer: "220 mail\r\n", err: `answers "220 mail": it is another program`},
		"an empty line":          {answer: "\n", err: `answers "": it is another program`},
		"a line cut short":       {answer: "pong", want: "pong", err: "unexpected EOF"},
		"less than a line":       {answer: "p", err: "unexpected EOF"},
		"no answer, but one due": {request: "ping\n", want: "pong", err: "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer ln.Close()
			received := make(chan string, 1)
			go func() {
				conn, err := ln.Accept()
				if !assert.NoError(t, err) {
					close(received)
					return
				}
				defer conn.Close()
				request, err := io.ReadAll(conn) // up to the half-close
				assert.NoError(t, err)
				_, err = io.WriteString(conn, test.answer)
				assert.NoError(t, err)
				received <- string(request)
			}()
			err = Probe(t.Context(), plain, ln.Addr().String(), test.request, test.want)
			require.Equal(t, test.request, <-received)
			if test.err == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.err)
			require.ErrorContains(t, err, ln.Addr().String())
		})
	}
}

func TestProbeOfAServerThatIsSilent(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.EqualError(t, Probe(ctx, plain, ln.Addr().String(), "ping\n", "pong"), ln.Addr().String()+" accepts the connection but does not respond")
	ln.Close()
	require.ErrorContains(t, Probe(t.Context(), plain, ln.Addr().String(), "ping\n", "pong"), "refused")
}
