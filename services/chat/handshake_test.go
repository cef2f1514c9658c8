package chat

import (
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// A member that dials again while the old link is being taken down is let in when that
// is done, and waits for it without keeping a processor busy.
func TestTheEndOfALinkIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMember(config{Name: wire.Server, Config: Config{Incarnation: 1, Screen: io.Discard, Log: slog.New(slog.DiscardHandler)}})
		conn, _ := net.Pipe()
		p := m.peerLocked("1", false)
		p.link = linkOf(m, "1")
		p.link.conn, p.link.over = conn, make(chan struct{})
		p.link.saidBye = true
		old := p.link
		claimed := make(chan error, 1)
		go func() {
			claimed <- m.claimIn(t.Context(), &handshake{link: &link{}, theirs: wire.Hello{ID: wire.ID{Name: "1", Incarnation: 2}}})
		}()
		<-time.After(probeTimeout * 3 / 2) // it is asked, and then waited for
		require.Empty(t, claimed)
		m.mu.Lock()
		p.link = nil
		m.mu.Unlock()
		close(old.over)
		require.NoError(t, <-claimed)
	})
}
