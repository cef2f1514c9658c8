package order

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// runClient runs a client on network n and returns what its screen showed.
func runClient(ctx context.Context, n *memnet.Network, name, text string) (string, error) {
	screen := newRecorder()
	c := Client{
		Server: "127.0.0.1:4400", Name: name, Text: text, Screen: screen, Log: slog.New(slog.DiscardHandler),
		Dial: func(ctx context.Context, addr string) (net.Conn, error) { return n.Dial(ctx, name, addr) },
	}
	err := c.Run(ctx)
	return screen.text.String(), err
}

func TestTwoClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		shown := make(chan string)
		run := func(name string) {
			screen, err := runClient(t.Context(), n, name, "Ahnaf")
			assert.NoError(t, err)
			shown <- screen
		}
		startServer(t, n, 1)
		go run("Y")
		<-time.After(time.Second)
		go run("X")
		assert.ElementsMatch(t, []string{
			"Client X: Ahnaf\nY: Ahnaf received before X: Ahnaf\n",
			"Client Y: Ahnaf\nY: Ahnaf received before X: Ahnaf\n",
		}, []string{<-shown, <-shown})
	})
}

func TestAClientWaitsForItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		results := make(chan error)
		for _, name := range []string{"X", "Y"} {
			go func() {
				_, err := runClient(t.Context(), n, name, "Ahnaf")
				results <- err
			}()
		}
		<-time.After(8 * time.Second)
		startServer(t, n, 1)
		require.NoError(t, <-results)
		require.NoError(t, <-results)

		began := time.Now()
		screen, err := runClient(t.Context(), memnet.New(), "X", "Ahnaf")
		require.ErrorContains(t, err, "no server at 127.0.0.1:4400 for 10s; start one with: order-server -listen 127.0.0.1:4400 (")
		assert.Empty(t, screen)
		assert.Equal(t, dialTime, time.Since(began))
	})
}

// The server may be another program, or send something else than a verdict.
func TestAnyServerAnswer(t *testing.T) {
	const own = "Client X: Ahnaf\n"
	for name, test := range map[string]struct{ sends, shows, fails string }{
		"a verdict":            {"X: Ahnaf received before Y: Ahnaf\n", "X: Ahnaf received before Y: Ahnaf\n", ""},
		"a verdict without LF": {"X: Ahnaf received before Y: Ahnaf", "X: Ahnaf received before Y: Ahnaf\n", ""},
		"a verdict in colour":  {"X: \x1b[31mAhnaf received before Y: Ahnaf\r\nmore", `X: \x1b[31mAhnaf received before Y: Ahnaf` + "\n", ""},
		"an error":             {"ERR timeout no second\x1b[2J message\n", "", `no verdict: 127.0.0.1:4400 answered: no second\x1b[2J message`},
		"nothing":              {"", "", "no verdict: 127.0.0.1:4400 has closed the connection"},
		"too much":             {strings.Repeat("x", 5000), "", "no verdict from 127.0.0.1:4400: line too long"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := memnet.New()
				ln, err := n.Listen("127.0.0.1:4400")
				require.NoError(t, err)
				defer ln.Close()
				go func() {
					conn, err := ln.Accept()
					assert.NoError(t, err)
					defer conn.Close()
					got := make([]byte, len(own))
					_, err = io.ReadFull(conn, got)
					assert.NoError(t, err)
					assert.Equal(t, own, string(got))
					_, _ = io.WriteString(conn, test.sends)
				}()
				screen, err := runClient(t.Context(), n, "X", "Ahnaf")
				assert.Equal(t, own+test.shows, screen)
				if test.fails == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, test.fails)
				}
			})
		})
	}
}

// Run returns in bounded time, whatever the server fails to do.
func TestAServerThatSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		ln, err := n.Listen("127.0.0.1:4400")
		require.NoError(t, err)
		defer ln.Close()
		began := time.Now()
		_, err = runClient(t.Context(), n, "X", "Ahnaf")
		require.ErrorContains(t, err, "no verdict from 127.0.0.1:4400: ")
		assert.Equal(t, verdictTime, time.Since(began))

		for _, network := range []*memnet.Network{n, memnet.New()} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err = runClient(ctx, network, "X", "Ahnaf")
			require.ErrorContains(t, err, "interrupted before there was a verdict")
			cancel()
		}
	})
}

func TestArgumentsOfTheClient(t *testing.T) {
	c := Client{Server: "127.0.0.1:4400"}
	require.NoError(t, c.Parse([]string{"X", "two words"}))
	assert.Equal(t, "X", c.Name)
	assert.Equal(t, "two words", c.Text)
	for want, args := range map[string][]string{
		"give NAME and TEXT, such as X Ahnaf":      {"X"},
		`"b" is one argument too many; put a TEXT`: {"X", "a", "b"},
		"NAME is empty": {"", "a"},
	} {
		assert.ErrorContains(t, c.Parse(args), want)
	}
	c.Server = "nowhere"
	assert.ErrorContains(t, c.Parse([]string{"X", "a"}), `"nowhere" is not an address`)
}
