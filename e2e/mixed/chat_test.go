package mixed

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
	"peerlab/lab/certs"
	"peerlab/lab/wire"
)

// newMixedChat prepares a chat in which these clients, and the role "python",
// are the program in Python.
func newMixedChat(t *testing.T, ids ...int) *stage.Chat {
	t.Helper()
	program := foreign(t, "chat_client.py")
	opts := []lab.Option{lab.Playing("python", program)}
	for _, id := range ids {
		opts = append(opts, lab.Playing(fmt.Sprintf("client%d", id), program))
	}
	return stage.NewChat(t, opts...)
}

// startMixedChat starts a server and n clients, some of them in Python, and waits
// until all are introduced to all. Their screens begin after that.
func startMixedChat(t *testing.T, n int, foreigners ...int) *stage.Chat {
	t.Helper()
	c := newMixedChat(t, foreigners...)
	c.StartMembers(n)
	return c
}

// Both phases of the assignment with four clients of ours and one in Python.
func TestChatBothPhases(t *testing.T) { bothPhases(newMixedChat(t, 3)) }

func TestChatBothPhasesWithTLS(t *testing.T) {
	c := newMixedChat(t, 3)
	c.Secure()
	bothPhases(c)
}

func bothPhases(c *stage.Chat) {
	c.StartServer()
	c.StartClients(stage.IDs(5)...)
	c.Introduced(stage.IDs(5)...)
	c.Barrier().Exactly(stage.ClientLines(stage.IDs(5), "initiated.")...)
	c.Mark()
	c.AllTalk("hello, all")
	c.AllTalk("the same again, in the same words")
	c.AllTalk("grüße, 世界 🐍")

	c.Mark()
	c.ServerExits()
	c.AllTalk("who needs a server")
	c.Barrier().Once("Server: terminated.")

	c.Mark()
	c.Server.Start()
	c.AllReconnect(5)
	c.AllTalk("with a server again")
}

// The client in Python is refused by the server, and refuses the server, for a certificate.
func TestChatRefusesCertificates(t *testing.T) {
	for name, test := range map[string]struct {
		whose string
		spoil func(ca certs.Dir, whose string)
		says  string // at the client
	}{
		"expired":        {"client1", func(ca certs.Dir, whose string) { stage.Certify(t, ca, whose, -time.Minute) }, "certificate expired"},
		"revoked":        {"client1", func(ca certs.Dir, whose string) { require.NoError(t, ca.Revoke(whose)) }, "bad certificate"},
		"server expired": {"server", func(ca certs.Dir, whose string) { stage.Certify(t, ca, whose, -time.Minute) }, "certificate has expired"},
		"server revoked": {"server", func(ca certs.Dir, whose string) { require.NoError(t, ca.Revoke(whose)) }, "certificate revoked"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newMixedChat(t, 1)
			c.Secure()
			server, one := c.ServerSpec(), c.ClientSpec(1)
			test.spoil(c.Certs, test.whose)
			c.Server = c.Start(server)
			c.Server.Listens(c.At)
			c.Start(one).Stderr().Contains(test.says)
			c.Server.Stderr().Contains("the certificate of " + test.whose)
			require.Empty(t, c.Server.Lines())
		})
	}
}

// A client in Python has the name in its certificate, and no other.
func TestChatNamesAreThoseOfCertificates(t *testing.T) {
	c := newMixedChat(t, 3)
	c.Secure()
	c.StartMembers(1)
	spec := c.ClientSpec(3)
	spec.Args[len(spec.Args)-3] = "2"
	c.Start(spec)
	c.Server.Stderr().Contains("HELLO is by Client 2, with the certificate of client3")
	c.Among(c.Server, c.Clients[1]).Never("Client 2: initiated.")
}

// A line that was typed while the server was away shows on it once, and on no other screen twice.
func TestChatTypesWithoutTheServer(t *testing.T) {
	c := startMixedChat(t, 3, 2)
	c.Server.Kill()
	lines := stage.Numbered(50, 0)
	stage.TypeAll(c.Clients[2], lines)
	c.SeesFrom(c.Clients[1], lines[len(lines)-1], c.Clients[2])
	c.Server.Start()
	c.Server.Sees(stage.ClientLines(stage.IDs(3), "reconnected")...)
	b := c.Barrier()
	b.On(c.Clients[1], c.Clients[3]).Sequence("Client 2: ", lines)
	b.On(c.Clients[2]).Once("Server: initiated")
}

// The younger of two dials: a client that comes between others dials some and is dialled by
// others. The two in Python have to find each other, too.
func TestChatLinksWhicheverSideDials(t *testing.T) {
	c := newMixedChat(t, 4, 5)
	c.StartServer()
	order := []int{1, 5, 2, 4, 3}
	for i, id := range order {
		c.StartClients(id)
		c.Introduced(order[:i+1]...)
	}
	c.Barrier().Exactly(stage.ClientLines(stage.IDs(5), "initiated.")...)
	c.AllTalk("whichever side dialled")
	c.Server.Kill()
	c.AllTalk("whichever side dialled, without a server")
}

// Each link of the client in Python to ours breaks, again and again, while both
// sides type.
func TestChatLinksThatBreakLoseNothing(t *testing.T) {
	c := newMixedChat(t, 5)
	w := c.Wire()
	c.StartServer()
	c.StartClients(stage.IDs(4)...)
	c.Introduced(stage.IDs(4)...)
	c.StartClients(5) // the youngest: it dials them all
	c.Introduced(5)
	c.Barrier()
	c.Mark()
	const part, cuts = 200, 3
	lines := stage.Numbered(part*cuts, 100)
	for i := range cuts {
		now := lines[i*part : (i+1)*part]
		require.NoError(t, w.Set("", "client5", wire.Fault{Rate: 50_000})) // so that lines are cut
		require.NoError(t, w.Set("client5", "", wire.Fault{Rate: 50_000}))
		stage.TypeAll(c.Clients[5], now)
		stage.TypeAll(c.Clients[1], now)
		c.Clients[5].Sees("Client 1: " + now[0]) // the others are on their way
		for _, id := range stage.IDs(4) {
			one, other := "client5", fmt.Sprintf("client%d", id)
			if i%2 == 0 {
				one, other = other, one
			}
			c.ResetLink(one, other)
		}
		c.Heal()
	}
	for _, id := range stage.IDs(4) {
		c.SeesFrom(c.Clients[id], lines[len(lines)-1], c.Clients[5])
	}
	c.SeesFrom(c.Clients[5], lines[len(lines)-1], c.Clients[1])
	f := c.Barrier()
	f.Except(c.Clients[5]).Sequence("Client 5: ", lines)
	f.Except(c.Clients[1]).Sequence("Client 1: ", lines)
	f.Nothing("initiated")
}

// A process that was killed comes back under a new incarnation, on the ports that
// it had: with a server, and without one.
func TestChatClientIsKilledAndStarted(t *testing.T) {
	c := startMixedChat(t, 5, 4)
	c.Clients[4].Types("famous last words")
	c.Barrier()
	for range 2 {
		c.Mark()
		c.Clients[4].Restart()
		c.Introduced(4)
		c.Clients[4].Sees(stage.ClientLines(stage.IDs(5), "initiated.")...)
		c.AllTalk("four died and is here")
		f := c.Barrier()
		f.Once("Client 4: initiated.")
		f.Except(c.Clients[4]).Nothing("Client 4: famous last words")
	}
	c.Server.Kill()
	c.Clients[4].Kill()
	c.Clients[4].Start()
	// The others knew where it would be. It says that it is in when it has met one.
	c.Clients[4].Sees(stage.ClientLines(stage.IDs(5), "initiated.")...)
	c.AllTalk("no server, and four is new")
	c.Mark()
	c.Server.Start()
	c.AllReconnect(5)
	c.AllTalk("all of us")
}

func TestChatOursComeAndGo(t *testing.T) {
	c := startMixedChat(t, 3, 2)
	c.Clients[1].Restart()
	c.Introduced(1)
	c.Clients[2].Sees("Client 1: initiated.")
	c.AllTalk("one is new")
	c.Clients[3].Types("/quit")
	c.Clients[3].Exits(0)
	c.Clients[2].SeesOnce("Client 3: terminated.")

	c.ClientFlags[4] = []string{"-peer", c.Ports[2].Address()} // the client in Python lets it in
	c.Server.Kill()
	c.StartClients(4)
	c.Introduced(4)
	c.AllTalk("four came by two")
}

func TestChatClientLeaves(t *testing.T) {
	const words = "Client 2: famous last words"
	for how, leave := range map[string]func(c *stage.Chat){
		"quit": func(c *stage.Chat) { c.Clients[2].Types("/quit") },
		"SIGTERM": func(c *stage.Chat) {
			c.Clients[1].Sees(words) // a signal overtakes what is typed
			c.Clients[2].Signal(syscall.SIGTERM)
		},
	} {
		t.Run(how, func(t *testing.T) {
			c := startMixedChat(t, 3, 2)
			c.Barrier()
			c.Clients[2].Types("famous last words")
			leave(c)
			c.Clients[2].Exits(0)
			assert.Empty(t, c.Clients[2].Stderr().Lines())
			for _, p := range c.Members() {
				p.SeesOnce(words, "Client 2: terminated.")
			}
			c.AllTalk("two has left")
		})
	}
}

func TestChatSecondClientUnderALiveIDIsRefused(t *testing.T) {
	c := startMixedChat(t, 3, 2)
	for role, id := range map[string]string{"client": "2", "python": "1"} {
		second := c.Start(lab.Spec{Name: "second" + id, Role: role, Args: []string{"-server", c.At, id, c.Port(), c.Port()}})
		second.Exits(1)
		assert.Len(t, stage.Complaints(second), 1, "one line says what and what to do")
	}
	c.AllTalk("one is still one, two is still two")
	c.Barrier().Nothing("initiated.")
}

func TestChatUsage(t *testing.T) {
	c := newMixedChat(t)
	c.StartServer()
	port2 := c.Port()
	for i, args := range [][]string{
		{}, {"1"}, {"1", "5001"}, {"../x", "0", port2}, {"Server", "0", port2}, {"-1", "0", port2}, {"1", "x", port2}, {"1", "0", port2, "7"},
	} {
		p := c.Start(lab.Spec{Name: fmt.Sprintf("wrong%d", i), Role: "python", Args: args})
		p.Exits(2)
		p.Stderr().Contains("chat_client.py [-tls DIR] [-server HOST:PORT] ID PORT1 PORT2")
		assert.Empty(t, p.Lines(), "the screen is not for that")
	}
	taken := c.Start(lab.Spec{Name: "taken", Role: "python", Args: []string{"-server", c.At, "1", "0", stage.Port(c.At)}})
	taken.Exits(1)
	taken.Stderr().Contains("port " + stage.Port(c.At))
	early := c.Start(lab.Spec{Name: "early", Role: "python", Args: []string{"-server", c.Address(), "1", "0", port2}})
	early.Stderr().Contains("no server at 127.0.0.1:")
}
