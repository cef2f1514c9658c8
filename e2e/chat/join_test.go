package chat

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

func TestANewClientJoinsThroughAnotherWhenThereIsNoServer(t *testing.T) {
	c := stage.StartChat(t, 2)
	c.Server.Kill()
	c.ClientFlags[3] = []string{"-peer", c.Ports[1].Address()}
	c.StartClients(3)
	c.Introduced(3)
	c.Clients[3].Sees(stage.ClientLines(stage.IDs(3), "initiated.")...)
	c.AllTalk("three of us, no server")
	c.Barrier().Once("Client 3: initiated.")

	c.Mark()
	c.Server.Start()
	c.Server.Sees(stage.ClientLines(stage.IDs(2), "reconnected")...)
	c.FileHolds(c.Registry(), "client 3 too", c.Registered(3))
	c.AllTalk("and a server")
	f := c.Barrier()
	f.Except(c.Server).Once("Server: initiated")
	f.On(c.Server).Once("Client 3: initiated.") // they had never met
	f.On(c.Server).Never("Client 3: reconnected")
}

func TestANewClientWaitsThroughADeadPeer(t *testing.T) {
	lab.NeedsOwn(t, "client")
	c := stage.NewChat(t)
	c.ClientFlags[1] = []string{"-peer", c.Address()}
	c.StartClients(1)
	c.Clients[1].Stderr().Contains("no server at " + c.At)
	c.StartServer()
	c.Introduced(1)
}

func TestTheSourcePortIsTheOneGiven(t *testing.T) {
	c := stage.NewChat(t)
	ln, err := c.Listen(c.At)
	require.NoError(t, err)
	defer ln.Close()
	c.StartClients(1)
	conn, err := ln.Accept()
	require.NoError(t, err)
	defer conn.Close()
	assert.Equal(t, "127.0.0.1:"+c.Ports[1].Source, conn.RemoteAddr().String())
}
