package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// guests are the programs that play a client of the room: the project's own, one in
// Python, and one in C as the assignment's, which sends no line end. Both wait in select.
func guests(t *testing.T) (opts []lab.Option, roles []string) {
	t.Helper()
	return []lab.Option{
		lab.Playing("room-in-python", foreign(t, "room_client.py")),
		lab.Playing("room-in-c", foreign(t, "room_client.c")),
	}, []string{"room-client", "room-in-python", "room-in-c"}
}

// mixedParlour is a room with a guest of each kind.
func mixedParlour(t *testing.T) *parlour {
	t.Helper()
	opts, roles := guests(t)
	r := newParlour(t, opts...)
	r.open()
	for i, role := range roles {
		c := &occupant{Process: r.Start(lab.Spec{Name: fmt.Sprintf("%s%d", role, i+1), Role: role, Args: []string{"-server", r.at}})}
		c.sees(roomGreeting)
		c.port = r.newcomer()
		for _, other := range r.clients {
			other.sees(fmt.Sprintf("[127.0.0.1:%s] is Online", c.port))
		}
		r.clients = append(r.clients, c)
	}
	return r
}

// heard are the lines that the server has sent to a client, as its screen shows
// them: those of the assignment's kind prompt in between, and where no terminal
// echoes what is typed, nothing is between the prompt and the next line.
func (c *occupant) heard() []string {
	var heard []string
	for _, line := range c.Lines() {
		if text := strings.TrimPrefix(line.Text, "You: "); text != "" {
			heard = append(heard, text)
		}
	}
	return heard
}

// sees waits for a line from the server.
func (c *occupant) sees(text string) { c.meets(regexp.MustCompile("^" + regexp.QuoteMeta(text) + "$")) }

// meets waits for a line from the server that matches.
func (c *occupant) meets(pattern *regexp.Regexp) {
	c.Collects(func() string { return "a line like " + pattern.String() }, func(l lab.Line) bool {
		return pattern.MatchString(strings.TrimPrefix(l.Text, "You: "))
	})
}

// Each kind of client sees the lines of each other kind exactly, and nothing else.
func TestForeignRoom(t *testing.T) {
	r := mixedParlour(t)
	want := map[*occupant][]*regexp.Regexp{}
	for _, text := range []string{"Hey am client", "Your homework is cool", "grüße, 世界 :)", strings.Repeat("long ", 150) + "line"} {
		for i, c := range r.clients {
			mine := fmt.Sprintf("%s %d", text, i+1)
			c.Types(mine)
			for _, other := range r.clients {
				if other != c {
					pattern := said(speaker(c.port), mine)
					other.meets(pattern)
					want[other] = append(want[other], pattern)
				}
			}
		}
	}
	for i, c := range r.clients {
		heard := c.heard()
		come := 1 + len(r.clients) - 1 - i // the greeting, and who came later
		require.Len(t, heard, come+len(want[c]), "%v", heard)
		for j, pattern := range want[c] {
			require.Regexp(t, pattern, heard[come+j])
		}
	}
}

// They come and go as ours do, and the server's end is theirs.
func TestForeignRoomComingAndGoing(t *testing.T) {
	r := mixedParlour(t)
	ours, python, c := r.clients[0], r.clients[1], r.clients[2]
	python.Types("/nick Snake")
	python.sees("You are now known as Snake")
	ours.sees(fmt.Sprintf("[127.0.0.1:%s] is now known as Snake", python.port))
	ours.Types("/quit")
	ours.Exits(0)
	for _, other := range []*occupant{python, c} {
		other.sees(fmt.Sprintf("[127.0.0.1:%s] is Offline", ours.port))
	}
	c.CloseStdin() // is not leaving
	python.Types("are you there?")
	c.meets(said("Snake", "are you there?"))
	python.Kill()
	c.sees("[Snake] is Offline")
	r.server.Signal(sigterm)
	r.server.Exits(0)
	c.sees(roomGoodbye)
	c.Exits(1)
}
