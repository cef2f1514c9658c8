package chat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/stage"
)

// silenceLimit is the time in which a member that is stopped is noticed: the guarantee's 3 s,
// which the chat's own tests require on a fake clock, and room for a loaded machine.
const silenceLimit = 10 * time.Second

func TestWhoTellsTheSilentFromTheGone(t *testing.T) {
	c := stage.StartChat(t, 3)
	c.AwaitState(1, stage.ClientName(2), "connected")

	c.Clients[2].Pause() // its host still takes connections, and nothing answers
	assert.Less(t, c.AwaitState(1, stage.ClientName(2), "silent"), silenceLimit)
	c.AwaitState(1, stage.ClientName(3), "connected")
	c.Clients[2].Resume()
	c.AwaitState(1, stage.ClientName(2), "connected")

	c.Clients[3].Kill()
	assert.Less(t, c.AwaitState(1, stage.ClientName(3), "gone"), silenceLimit)
	c.Server.Pause()
	assert.Less(t, c.AwaitState(1, stage.ServerName, "silent"), silenceLimit)
	c.Server.Resume()
	c.AwaitState(1, stage.ServerName, "connected")
	c.AllTalk("there we are again")
}
