package stage

import (
	"time"

	"github.com/stretchr/testify/assert"
)

// reconnectLimit is the time from the server's start to the last of five reconnected lines.
// The aim is 100 ms beyond the start of the process; the limit leaves room for a loaded
// machine and the race detector.
const reconnectLimit = 2 * time.Second

// Phase1 plays the first phase of the assignment, in several chats at the same time.
func Phase1(chats ...*Chat) {
	for _, c := range chats {
		c.t.Helper()
		c.StartServer()
		c.StartClients(IDs(5)...)
		c.Introduced(IDs(5)...)
		c.Barrier().Exactly(ClientLines(IDs(5), "initiated.")...)
		var ports []string
		for _, id := range IDs(5) {
			ports = append(ports, c.Ports[id].Listen)
		}
		c.Server.FileWith("the ports that the clients listen at", ports...)
	}
	for _, c := range chats {
		c.Mark()
		c.AllTalk("hello, all")
		c.AllTalk("the same again, in the same words")
	}
	for _, c := range chats {
		c.Mark()
		c.ServerExits()
		c.AllTalk("who needs a server")
		c.Barrier().Once("Server: terminated.")
	}
}

// Phase2 plays the second phase: the server, ended in that way, is started again.
func Phase2(c *Chat, end func(*Chat)) {
	c.t.Helper()
	c.StartMembers(5)
	end(c)
	c.ClientsLeave()
	c.AllTalk("without a server")

	c.Mark()
	c.Server.Start()
	c.AllReconnect(5)
	var last time.Time
	for _, line := range ClientLines(IDs(5), "reconnected") {
		if at := c.Server.At(line); at.After(last) {
			last = at
		}
	}
	took := last.Sub(c.Server.Started())
	c.t.Logf("server's start to the fifth reconnected: %v", took.Round(time.Millisecond))
	if !c.Server.Foreign() { // the start of an interpreter is not what is measured
		assert.Less(c.t, took, reconnectLimit)
	}
	c.AllTalk("with a server again")
}
