package room

import (
	"context"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/lab/certs"
	"peerlab/services/internal/mtls"
)

// secured issues a certificate, and returns the flags to use it.
func secured(t *testing.T, ca certs.Dir, name string, life time.Duration) mtls.Flags {
	t.Helper()
	require.NoError(t, ca.Issue(name, life))
	return mtls.Flags{Dir: filepath.Join(string(ca), name)}
}

func TestARoomWithTLS(t *testing.T) {
	ca := certs.Dir(t.TempDir())
	config := Config{Listen: "127.0.0.1:0", Screen: &recorder{}, Log: discard, Now: time.Now, TLS: secured(t, ca, "room-server", time.Hour)}
	s, err := Listen(config)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- s.Serve(ctx) }()
	require.NoError(t, Probe(t.Context(), config.TLS, s.Addr()))

	start := func(name string, life time.Duration) (typed chan string, screen chan string, ended chan error) {
		typed, screen, ended = make(chan string), make(chan string, 100), make(chan error, 1)
		c := Client{Server: s.Addr(), Screen: &lineScreen{screen}, Input: keyboard{typed: typed, left: io.EOF}, Log: discard}
		c.TLS = secured(t, ca, name, life)
		go func() { ended <- c.Run(t.Context()) }()
		return typed, screen, ended
	}
	one, oneSees, oneEnded := start("room-client1", time.Hour)
	require.Equal(t, lineGreeting, <-oneSees)
	two, twoSees, twoEnded := start("room-client2", time.Hour)
	require.Equal(t, lineGreeting, <-twoSees)
	require.Contains(t, <-oneSees, "is Online")
	two <- "hello"
	require.Contains(t, <-oneSees, ": hello\n")
	close(one)
	close(two)

	typed, _, ended := start("room-client3", -time.Minute)
	require.ErrorContains(t, <-ended, "the other side refuses this process: the certificate of room-client3 has expired")
	close(typed)
	stop()
	require.NoError(t, <-over)
	for screen, ended := range map[chan string]chan error{oneSees: oneEnded, twoSees: twoEnded} {
		require.ErrorContains(t, <-ended, "has closed the connection")
		var last string
		for len(screen) > 0 {
			last = <-screen
		}
		require.Equal(t, lineGoodbye, last)
	}
}

func TestARoomForAllNeedsTLS(t *testing.T) {
	require.ErrorContains(t, Config{Listen: "0.0.0.0:3823"}.Check(), "other machines can connect to 0.0.0.0:3823: give -tls DIR")
}
