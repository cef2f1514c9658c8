package chat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/registry"
	"peerlab/services/chat/internal/wire"
)

// Fault R1: thousands of strangers do not replace a client that is connected.
func TestAFullRegistryKeepsWhoIsConnected(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s := l.start(wire.Server, serverAddr, func(m *member) {
			m.registry = registry.New()
		})
		l.client("1")
		for i := range registry.MaxEntries - 2 {
			require.NoError(t, s.registry.Put(wire.Name(fmt.Sprint("old", i)), "127.0.0.1:9", s.seen))
		}
		for i := range 10 {
			conn, _ := l.stranger(serverAddr, fmt.Sprintf("HELLO peerlab-chat/2 x%d 2000 127.0.0.1:9 new 0", i))
			conn.Close()
			<-time.After(time.Second)
		}
		all := make(map[wire.Name]string)
		for _, e := range s.registry.Entries() {
			all[e.Name] = e.Addr
		}
		require.Len(t, all, registry.MaxEntries)
		require.Equal(t, clientAddr("1"), all["1"])
		require.NotContains(t, all, wire.Name("old8"), "nine had to make room, those that were never connected first")
		require.Contains(t, all, wire.Name("old9"))
		require.Contains(t, all, wire.Name("x0"))
	})
}

// On a full disk each of 800 newcomers brought the same warning.
func TestAFailingRegistryIsReportedOnce(t *testing.T) {
	var log bytes.Buffer
	m := newMember(config{Name: wire.Server, Config: Config{Screen: io.Discard, Log: slog.New(slog.NewTextHandler(&log, nil))}})
	full := errors.New("no space left on device")
	for _, err := range []error{nil, full, full, full, nil, nil, full} {
		m.recorded(err)
	}
	var levels []string
	for _, line := range strings.Split(strings.TrimSpace(log.String()), "\n") {
		levels = append(levels, strings.Fields(line)[1])
	}
	require.Equal(t, []string{"level=WARN", "level=INFO", "level=WARN"}, levels)
}
