package chat

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

func TestWhatLooksLikeACommandIsText(t *testing.T) {
	c := stage.StartChat(t, 2)
	for _, line := range []string{"exit", "Exit ", " Exit", "EXIT", "//quit", "Exit\t"} {
		c.Server.Types(line)
	}
	for _, line := range []string{"Exit", "Server: terminated.", "Client 2: initiated.", "quit", "//quit now", "MSG 1 1 x", "* Client 2: 3 lines lost"} {
		c.Clients[1].Types(line)
	}
	f := c.Barrier()
	f.On(c.Clients[2]).Sequence("Server: ", []string{"exit", "Exit ", " Exit", "EXIT", "/quit", `Exit\t`})
	f.Except(c.Clients[1]).Sequence("Client 1: ", []string{
		"Exit", "Server: terminated.", "Client 2: initiated.", "quit", "/quit now", "MSG 1 1 x", "* Client 2: 3 lines lost",
	})
	f.Never("Server: terminated.", "Client 2: initiated.", "* Client 2: 3 lines lost")
	c.AllTalk("all still here")
}

func TestTextCannotSteerATerminal(t *testing.T) {
	c := stage.StartChat(t, 3)
	for raw, shown := range map[string]string{
		"esc \x1b[2J\x1b]0;title\x07": `esc \x1b[2J\x1b]0;title\x07`,
		"c1 \u009b31m":                `c1 \u009b31m`,
		"bidi \u202e evil":            `bidi \u202e evil`,
		"bad \xff utf-8 \xc3":         `bad \xff utf-8 \xc3`,
		"nul \x00 here":               `nul \x00 here`,
		"a\ttab":                      `a\ttab`,
		"del \x7f":                    `del \x7f`,
		"back\bspace":                 `back\x08space`,
		"plain: ä 漢字 🙂 e\u0301":       "plain: ä 漢字 🙂 e\u0301",
	} {
		c.Clients[1].Types(raw)
		for _, p := range c.Members() {
			if p != c.Clients[1] {
				p.SeesOnce("Client 1: " + shown)
			}
		}
	}
	for _, p := range c.Members() {
		for _, line := range p.Lines() {
			assert.NotContains(t, line.Text, "\x1b")
		}
	}
}

func TestALineHasABound(t *testing.T) {
	lab.NeedsOwn(t, "client")
	c := stage.StartChat(t, 2)
	longest := strings.Repeat("0123456789abcdef", 1024)
	c.Clients[1].Types(longest)
	for _, p := range []*lab.Process{c.Server, c.Clients[2]} {
		p.SeesOnce("Client 1: " + longest)
	}
	c.Clients[1].Types(longest + "!")
	c.Clients[1].Stderr().Contains("not sent: a line of more than 16384 bytes; split it")
	c.AllTalk("shorter, then")
	c.Barrier().Except(c.Clients[1]).Nothing("def!")
}

// lists waits until /who at a process shows exactly these rows: a link may come up a moment
// later than what other members have sent of it.
func lists(t *testing.T, c *stage.Chat, at *lab.Process, rows ...string) {
	t.Helper()
	c.Eventually(fmt.Sprintf("%v lists %q", at, rows), func() bool {
		at.Mark()
		at.Types("/who")
		var said []string
		at.Collects(func() string { return fmt.Sprintf("list of %d rows, %q so far", len(rows), said) }, func(l lab.Line) bool {
			said = append(said, l.Text)
			return len(said) == len(rows)
		})
		return slices.Equal(said, rows)
	})
}

func TestWhoIsHere(t *testing.T) {
	c := stage.StartChat(t, 3)
	c.Barrier()
	me := func(id int) string { return fmt.Sprintf("* Client %d: connected, %s", id, c.Ports[id].Address()) }
	lists(t, c, c.Clients[2], "* Server: connected, "+c.At, me(1), me(2)+" (you)", me(3))
	lists(t, c, c.Server, "* Server: connected, "+c.At+" (you)", me(1), me(2), me(3))

	c.Clients[3].Kill()
	c.Server.Kill()
	c.Mark()
	lists(t, c, c.Clients[1], "* Server: gone, "+c.At, me(1)+" (you)", me(2), "* Client 3: gone, "+c.Ports[3].Address())
	c.Barrier().On(c.Clients[2]).Nothing("/who")
}

func TestHelp(t *testing.T) {
	c := stage.StartChat(t, 1)
	for p, words := range map[string][]string{"server": {"/who", "/stats", "/help", "Exit"}, "client": {"/who", "/stats", "/help", "/quit"}} {
		at := c.Server
		if p == "client" {
			at = c.Clients[1]
		}
		at.Types("/help")
		for _, word := range words {
			assert.True(t, strings.HasPrefix(at.Contains(word), "* "))
		}
	}
	c.Barrier().On(c.Server).Nothing("Client 1: ")
}
