package room

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

func TestAsAssigned(t *testing.T) {
	r := stage.StartRoom(t)
	one, two := r.Join(), r.Join()
	one.Types("Hey am client1")
	two.ReceivesFrom(stage.Unnamed(one.Port), "Hey am client1")
	two.Types("Hey am client2")
	one.ReceivesFrom(stage.Unnamed(two.Port), "Hey am client2")
	one.Types("Your homework is cool")
	two.ReceivesFrom(stage.Unnamed(one.Port), "Your homework is cool")
	two.Types("Yeah lets get 100% :)")
	one.ReceivesFrom(stage.Unnamed(two.Port), "Yeah lets get 100% :)")
	if !one.Foreign() {
		one.Types("") // is not sent
	}
	one.Types("Yeah lets see :)")
	two.ReceivesFrom(stage.Unnamed(one.Port), "Yeah lets see :)")
	require.Len(t, r.Server.Lines(), 3, "the server shows who connects, and no more")
	require.Len(t, one.Shown(), 4, "no client is sent what it has sent")
	require.Len(t, two.Shown(), 4)
}

func TestLeaving(t *testing.T) {
	r := stage.StartRoom(t)
	one, two, three := r.Join(), r.Join(), r.Join()
	two.Signal(syscall.SIGTERM)
	if !two.Foreign() {
		two.Exits(0)
	}
	three.Kill()
	for _, c := range []*stage.RoomClient{two, three} {
		one.Receives(fmt.Sprintf("[127.0.0.1:%s] is Offline", c.Port))
		r.Server.Contains(fmt.Sprintf("Client (127.0.0.1, %s) disconnected at time ", c.Port))
	}
	r.Join().Types("is one still there?")
	one.ReceivesFrom(stage.Unnamed(r.Clients[3].Port), "is one still there?")
}

// /quit ends a client; the end of its input does not.
func TestQuit(t *testing.T) {
	lab.NeedsOwn(t, "room-client")
	r := stage.StartRoom(t)
	one, two := r.Join(), r.Join()
	one.CloseStdin()
	two.Types("/quit")
	two.Exits(0)
	one.SeesOnce(fmt.Sprintf("[127.0.0.1:%s] is Offline", two.Port))
}

func TestServerEnds(t *testing.T) {
	lab.NeedsOwn(t, "room-client")
	r := stage.StartRoom(t)
	one, two := r.Join(), r.Join()
	s, _ := r.Call()
	r.Server.Signal(syscall.SIGTERM)
	r.Server.Exits(0)
	for _, c := range []*stage.RoomClient{one, two} {
		c.Exits(1)
		c.SeesOnce(stage.RoomGoodbye)
		c.Stderr().Contains("has closed the connection; start room-client again")
		require.Len(t, c.Stderr().Lines(), 1)
	}
	require.Equal(t, stage.RoomGoodbye+"\n", s.Rest())

	r.Server.Start() // the port is free at once
	one.Start()
	one.Sees(stage.RoomGreeting)
	r.Server.Kill()
	one.Exits(1)
	require.Len(t, one.Stderr().Lines(), 1)
}

func TestOnAPortThatIsFree(t *testing.T) {
	r := stage.NewRoom(t)
	r.Server = r.Start(lab.Spec{Name: "room-server", Args: []string{"-listen", "127.0.0.1:0"}})
	line := r.Server.Contains("This server is activated on port ")
	r.At = "127.0.0.1:" + line[strings.LastIndexByte(line, ' ')+1:]
	r.Join()
}
