package mixed

import (
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// roomRoles are the programs that play a client of the room: the project's own, one in
// Python, and one in C as the assignment's, which sends no line end. Both wait in select.
func roomRoles(t *testing.T) (opts []lab.Option, roles []string) {
	t.Helper()
	return []lab.Option{
		lab.Playing("room-in-python", foreign(t, "room_client.py")),
		lab.Playing("room-in-c", foreign(t, "room_client.c")),
	}, []string{"room-client", "room-in-python", "room-in-c"}
}

// mixedRoom starts a room with a client of each kind.
func mixedRoom(t *testing.T) *stage.Room {
	t.Helper()
	opts, roles := roomRoles(t)
	r := stage.NewRoom(t, opts...)
	r.StartServer()
	for _, role := range roles {
		r.JoinAs(role)
	}
	return r
}

// Each kind of client sees the lines of each other kind exactly, and nothing else.
func TestRoom(t *testing.T) {
	r := mixedRoom(t)
	want := map[*stage.RoomClient][]*regexp.Regexp{}
	for _, text := range []string{"Hey am client", "Your homework is cool", "grüße, 世界 :)", strings.Repeat("long ", 150) + "line"} {
		for i, c := range r.Clients {
			mine := fmt.Sprintf("%s %d", text, i+1)
			c.Types(mine)
			for _, other := range r.Clients {
				if other != c {
					pattern := stage.RoomLine(stage.Unnamed(c.Port), mine)
					other.ReceivesFrom(stage.Unnamed(c.Port), mine)
					want[other] = append(want[other], pattern)
				}
			}
		}
	}
	for i, c := range r.Clients {
		heard := c.Shown()
		come := 1 + len(r.Clients) - 1 - i // the greeting, and who came later
		require.Len(t, heard, come+len(want[c]), "%v", heard)
		for j, pattern := range want[c] {
			require.Regexp(t, pattern, heard[come+j])
		}
	}
}

// They come and go as ours do, and the server's end is theirs.
func TestRoomComingAndGoing(t *testing.T) {
	r := mixedRoom(t)
	ours, python, c := r.Clients[0], r.Clients[1], r.Clients[2]
	python.Types("/nick Snake")
	python.Receives("You are now known as Snake")
	ours.Receives(fmt.Sprintf("[127.0.0.1:%s] is now known as Snake", python.Port))
	ours.Types("/quit")
	ours.Exits(0)
	for _, other := range []*stage.RoomClient{python, c} {
		other.Receives(fmt.Sprintf("[127.0.0.1:%s] is Offline", ours.Port))
	}
	c.CloseStdin() // is not leaving
	python.Types("are you there?")
	c.ReceivesFrom("Snake", "are you there?")
	python.Kill()
	c.Receives("[Snake] is Offline")
	r.Server.Signal(syscall.SIGTERM)
	r.Server.Exits(0)
	c.Receives(stage.RoomGoodbye)
	c.Exits(1)
}
