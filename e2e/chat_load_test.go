package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"peerlab/e2e/lab"
)

const (
	// bulkTimeout is for thousands of lines to be shown everywhere.
	bulkTimeout = 60 * time.Second
	// exitWithOneStopped is how long the server may take to end although a
	// client does not listen: two seconds, which the chat's own tests hold it to
	// on a clock of theirs, and room for an engine that tells of an end late.
	exitWithOneStopped = 8 * time.Second
)

// numbered are lines that tell their number and, if size asks for more, go on.
func numbered(n, size int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d of %d", i+1, n)
		if more := size - len(lines[i]); more > 0 {
			lines[i] += strings.Repeat("x", more)
		}
	}
	return lines
}

// typesAll types lines as fast as they are taken.
func typesAll(p *lab.Process, lines []string) {
	p.TypesRaw([]byte(strings.Join(lines, "\n") + "\n"))
}

// seesAllOf waits until p shows a last line of each of those senders.
func (c *chat) seesAllOf(p *lab.Process, last string, senders ...*lab.Process) {
	c.t.Helper()
	missing := map[string]bool{}
	for _, q := range senders {
		if q != p {
			missing[c.who(q)+": "+last] = true
		}
	}
	what := func() string { return fmt.Sprintf("%q of %d senders", last, len(missing)) }
	p.Within(bulkTimeout, "bulkTimeout").Collects(what, func(l lab.Line) bool {
		delete(missing, l.Text)
		return len(missing) == 0
	})
}

func TestEveryonesLinesShowInTheOrderTyped(t *testing.T) {
	c := startChat(t, 5)
	lines := numbered(1000, 0)
	for _, p := range c.up() {
		typesAll(p, lines)
	}
	for _, p := range c.up() {
		c.seesAllOf(p, lines[len(lines)-1], c.up()...)
	}
	f := c.settled()
	for _, p := range c.up() {
		f.Except(p).Sequence(c.who(p)+": ", lines)
		f.On(p).Nothing(c.who(p) + ": ")
	}
}

func TestAStoppedTerminalDelaysNoOneAndCatchesUp(t *testing.T) {
	c := startChat(t, 3)
	c.settled()
	c.Mark()
	lines := numbered(640, 16<<10) // 10 MB
	last := lines[len(lines)-1]
	c.clients[2].Pause()
	typesAll(c.clients[1], lines)
	for _, p := range []*lab.Process{c.server, c.clients[3]} {
		c.seesAllOf(p, last, c.clients[1])
	}
	c.clients[3].Types("nobody waited")
	c.server.Sees("Client 3: nobody waited")
	c.clients[1].Sees("Client 3: nobody waited")

	c.clients[2].Resume()
	c.seesAllOf(c.clients[2], last, c.clients[1])
	f := c.settled()
	f.Except(c.clients[1]).Sequence("Client 1: ", lines)
	f.Except(c.clients[3]).Sequence("Client 3: ", []string{"nobody waited"})
}

func TestTheServerExitsThoughAClientIsStopped(t *testing.T) {
	c := startChat(t, 2)
	c.clients[2].Pause()
	c.server.Types("Exit")
	c.server.ExitsWithin(exitWithOneStopped, "exitWithOneStopped", 0)
	c.clients[1].SeesOnce("Server: terminated.")
	c.clients[2].Resume()
	c.everyoneTalks("two is awake again")
}
