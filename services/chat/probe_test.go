package chat

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
)

func TestProbe(t *testing.T) {
	s, err := ListenServer(ServerConfig{Config: Config{
		Incarnation: 1, Screen: io.Discard, Input: lines.NewReader(strings.NewReader(""), 1), Log: slog.New(slog.DiscardHandler),
	}, Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx) }()
	require.NoError(t, Config{}.Probe(t.Context(), s.Addr()))
	cancel()
	require.NoError(t, <-ended)
	require.Error(t, Config{}.Probe(t.Context(), s.Addr()))
}
