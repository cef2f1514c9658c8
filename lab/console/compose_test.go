package console

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/event"
)

func TestTypingAtAContainerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, container := net.Pipe()
		x := &Compose{events: event.NewRecorder(io.Discard), services: map[string]*service{"client1": {name: "client1", conn: conn}}}
		began := time.Now()
		require.ErrorContains(t, x.Type("client1", []byte("x")), "client1 does not read what is typed")
		assert.Equal(t, typeLimit, time.Since(began))
		go func() { _, _ = io.ReadFull(container, make([]byte, 1)) }()
		require.NoError(t, x.Type("client1", []byte("y")))
		require.ErrorContains(t, x.Type("client2", []byte("x")), "does not run")
		require.NoError(t, x.events.Close())
		_, _ = conn.Close(), container.Close()
	})
}
