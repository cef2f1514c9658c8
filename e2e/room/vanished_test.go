package room

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
	"peerlab/lab/wire"
)

// vanishedWithin is the time in which a host whose packets are dropped is noticed.
const vanishedWithin = 30 * time.Second

// Fault O3: a client whose packets were dropped while others talked stayed online for
// 939 s. Both sides notice it. What the sockets do is tested in services/internal/tcp.
func TestAClientWhosePacketsAreDropped(t *testing.T) {
	lab.NeedsOwn(t, "room-server", "room-client")
	lab.Waits(t)
	r := stage.StartRoom(t)
	w := r.Wire()
	stays, gone := r.Join(), r.Join()
	require.NoError(t, w.Set("room-server", "room-client2", wire.Fault{Drop: true}))
	require.NoError(t, w.Set("room-client2", "room-server", wire.Fault{Drop: true}))
	began := time.Now()
	stays.Types("are you there?")
	gone.Types("is anyone there?")
	stays.Within(2 * vanishedWithin).Sees(fmt.Sprintf("[127.0.0.1:%s] is Offline", gone.Port))
	gone.ExitsWithin(2*vanishedWithin, 1)
	assert.Less(t, time.Since(began), vanishedWithin+5*time.Second)
	const why = "its host has acknowledged nothing for 20s"
	r.Server.Stderr().Contains(why)
	gone.Stderr().Contains(why + "; start room-client again")
}
