package mixed

import (
	"testing"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// The programs in e2e/foreign/asassigned follow the assignment to the letter: a
// server without arguments at port 4000, a client with ID, PORT1 and PORT2, a
// protocol and a registry of their own, and no call that flushes.

func TestAsAssignedPython(t *testing.T) {
	t.Setenv("PYTHONUNBUFFERED", "")
	asAssigned(t, "asassigned/server.py", "asassigned/client.py")
}

func TestAsAssignedC(t *testing.T) { asAssigned(t, "asassigned/server.c", "asassigned/client.c") }

// asAssigned has both phases pass with these programs, one after the other: where
// labs share the host's network, they share port 4000.
func asAssigned(t *testing.T, server, client string) {
	t.Helper()
	server = "cmd:" + foreignCommand(t, server) + " {}"
	client = "cmd:" + foreignCommand(t, client) + " {ID} {PORT1} {PORT2}"
	for name, scenario := range map[string]func(*stage.Chat){
		"phase 1":               func(c *stage.Chat) { stage.Phase1(c) },
		"phase 2":               func(c *stage.Chat) { stage.Phase2(c, (*stage.Chat).ServerExits) },
		"phase 2 after kill -9": func(c *stage.Chat) { stage.Phase2(c, func(c *stage.Chat) { c.Server.Kill() }) },
	} {
		t.Run(name, func(t *testing.T) {
			lab.Turn(t)
			scenario(stage.NewChat(t, lab.Playing("server", server), lab.Playing("client", client)))
		})
	}
}
