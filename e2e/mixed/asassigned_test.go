package mixed

import (
	"testing"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// The programs in e2e/foreign/asassigned follow the assignment to the letter: a
// server without arguments at port 4000, a client with ID, PORT1 and PORT2, a
// protocol and a registry of their own, and no call that flushes.

// Both phases pass with them, one after the other: labs that share the host's network share
// port 4000.
func TestAsAssigned(t *testing.T) {
	t.Parallel()
	for _, p := range []struct{ language, before, server, client string }{
		{"Python", "env -u PYTHONUNBUFFERED ", "asassigned/server.py", "asassigned/client.py"},
		{"C", "", "asassigned/server.c", "asassigned/client.c"},
	} {
		for _, phase := range []struct {
			name string
			play func(c *stage.Chat)
		}{
			{"phase 1", func(c *stage.Chat) { stage.Phase1(c) }},
			{"phase 2", func(c *stage.Chat) { stage.Phase2(c, (*stage.Chat).ServerExits) }},
			{"phase 2 after kill -9", func(c *stage.Chat) { stage.Phase2(c, func(c *stage.Chat) { c.Server.Kill() }) }},
		} {
			t.Run(p.language+", "+phase.name, func(t *testing.T) {
				lab.Turn(t)
				phase.play(stage.NewChat(t,
					lab.Playing("server", "cmd:"+p.before+foreignCommand(t, p.server)+" {}"),
					lab.Playing("client", "cmd:"+p.before+foreignCommand(t, p.client)+" {ID} {PORT1} {PORT2}")))
			})
		}
	}
}

// A relay that cannot be told its port is found by its nodes and clients.
func TestARelayAtAPortOfItsOwn(t *testing.T) {
	r := stage.NewRelay(t,
		lab.Playing("relay", "cmd:"+foreignCommand(t, "asassigned/relay/relay_server.c")+" 7171 {}"),
		lab.Playing("node", "cmd:"+foreignCommand(t, "asassigned/relay/peer_node.c")+" {HOST} {PORT}"),
		lab.Playing("fetch", "cmd:"+foreignCommand(t, "asassigned/relay/peer_client.c")+" {HOST} {PORT}"))
	lab.NeedsOwnNetwork(r.Lab)
	r.StartServer()
	r.Join("node1", r.NewFolder("node1", stage.Files{"a.txt": "A\n"}))
	r.FetchedAtPrompt("a.txt", "A\n")
}
