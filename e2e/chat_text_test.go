package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
)

func TestWhatLooksLikeACommandIsText(t *testing.T) {
	c := startChat(t, 2)
	for _, line := range []string{"exit", "Exit ", " Exit", "EXIT", "//quit", "Exit\t"} {
		c.server.Types(line)
	}
	for _, line := range []string{"Exit", "Server: terminated.", "Client 2: initiated.", "quit", "//quit now", "MSG 1 1 x", "* Client 2: 3 lines lost"} {
		c.clients[1].Types(line)
	}
	f := c.settled()
	f.On(c.clients[2]).Sequence("Server: ", []string{"exit", "Exit ", " Exit", "EXIT", "/quit", `Exit\t`})
	f.Except(c.clients[1]).Sequence("Client 1: ", []string{
		"Exit", "Server: terminated.", "Client 2: initiated.", "quit", "/quit now", "MSG 1 1 x", "* Client 2: 3 lines lost",
	})
	f.Never("Server: terminated.", "Client 2: initiated.", "* Client 2: 3 lines lost")
	c.everyoneTalks("all still here")
}

// Fault U11: what a screen says of a member cannot be typed by one.
func TestATypedEventIsInQuotes(t *testing.T) {
	c := startChat(t, 2)
	for _, line := range []string{"terminated.", "initiated.", "reconnected"} {
		c.clients[1].Types(line)
		c.server.Types(line)
	}
	f := c.settled()
	f.Except(c.clients[1]).Sequence("Client 1: ", []string{`"terminated."`, `"initiated."`, `"reconnected"`})
	f.Except(c.server).Sequence("Server: ", []string{`"terminated."`, `"initiated."`, `"reconnected"`})
}

// Fault U11: a command that does not exist is not sent.
func TestACommandThatDoesNotExistIsNotSent(t *testing.T) {
	lab.NeedsOwn(t, "server", "client")
	c := startChat(t, 2)
	for _, p := range c.up() {
		for _, line := range []string{"/foo", "/QUIT", "/stats please"} {
			p.Types(line)
			p.Stderr().Contains("no command \"" + line + "\"; /help")
		}
		p.Types("/who ")
		p.Contains("* Client 1: connected, ")
	}
	c.settled().Nothing(": /")
	c.everyoneTalks("all still here")
}

func TestTextCannotSteerATerminal(t *testing.T) {
	c := startChat(t, 3)
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
		c.clients[1].Types(raw)
		for _, p := range c.up() {
			if p != c.clients[1] {
				p.SeesOnce("Client 1: " + shown)
			}
		}
	}
	for _, p := range c.up() {
		for _, line := range p.Lines() {
			assert.NotContains(t, line.Text, "\x1b")
		}
	}
}

func TestALineHasABound(t *testing.T) {
	lab.NeedsOwn(t, "client")
	c := startChat(t, 2)
	longest := strings.Repeat("0123456789abcdef", 1024)
	c.clients[1].Types(longest)
	c.clients[2].SeesOnce("Client 1: " + longest)
	c.server.Sees("Client 1: " + longest)
	c.clients[1].Types(longest + "!")
	c.clients[1].Stderr().Contains("16384")
	c.everyoneTalks("shorter, then")
	c.settled().Except(c.clients[1]).Nothing("def!")
}

// lists waits until /who at somebody says exactly this: a link may be a moment
// later than what came by others.
func (c *chat) lists(at *lab.Process, rows ...string) {
	c.t.Helper()
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
	c := startChat(t, 3)
	c.settled()
	me := func(id int) string { return "* " + c.lines([]int{id}, "connected, "+c.seats[id].address())[0] }
	c.lists(c.clients[2], "* Server: connected, "+c.at, me(1), me(2)+" (you)", me(3))
	c.lists(c.server, "* Server: connected, "+c.at+" (you)", me(1), me(2), me(3))

	c.clients[3].Kill()
	c.server.Kill()
	c.Mark()
	c.lists(c.clients[1], "* Server: gone, "+c.at, me(1)+" (you)", me(2), "* Client 3: gone, "+c.seats[3].address())
	c.settled().On(c.clients[2]).Nothing("/who")
}

func TestHelp(t *testing.T) {
	c := startChat(t, 1)
	for p, words := range map[string][]string{"server": {"/who", "/stats", "/help", "Exit"}, "client": {"/who", "/stats", "/help", "/quit"}} {
		at := c.server
		if p == "client" {
			at = c.clients[1]
		}
		at.Types("/help")
		for _, word := range words {
			assert.True(t, strings.HasPrefix(at.Contains(word), "* "))
		}
	}
	c.settled().On(c.server).Nothing("Client 1: ")
}
