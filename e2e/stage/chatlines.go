package stage

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/lab/wire"
)

// Numbered returns n lines with their numbers, each of at least size bytes.
func Numbered(n, size int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d of %d", i+1, n)
		if more := size - len(lines[i]); more > 0 {
			lines[i] += strings.Repeat("x", more)
		}
	}
	return lines
}

// TypeAll types lines as fast as the process reads them.
func TypeAll(p *lab.Process, lines []string) {
	p.TypesRaw([]byte(strings.Join(lines, "\n") + "\n"))
}

// SeesFrom waits until p shows the line of each of these senders, but its own.
func (c *Chat) SeesFrom(p *lab.Process, line string, senders ...*lab.Process) {
	c.t.Helper()
	missing := map[string]bool{}
	for _, q := range senders {
		if q != p {
			missing[c.NameOf(q)+": "+line] = true
		}
	}
	what := func() string { return fmt.Sprintf("%q of %d senders", line, len(missing)) }
	p.Within(BulkTimeout).Collects(what, func(l lab.Line) bool {
		delete(missing, l.Text)
		return len(missing) == 0
	})
}

// AwaitState waits until /who at a client shows a member in a state, connected, silent or
// gone, and returns how long that took.
func (c *Chat) AwaitState(at int, member, state string) time.Duration {
	c.t.Helper()
	began := time.Now()
	c.Eventually(fmt.Sprintf("at client %d %s is %s", at, member, state), func() bool {
		c.Clients[at].Mark()
		c.Clients[at].Types("/who")
		found := ""
		c.Clients[at].Collects(func() string { return "the state of " + member }, func(l lab.Line) bool {
			for _, state := range []string{"connected", "silent", "gone"} {
				if strings.HasPrefix(l.Text, "* "+member+": "+state) {
					found = state
				}
			}
			return found != ""
		})
		return found == state
	})
	return time.Since(began)
}

// SetFault puts a fault on all links between two groups of processes, in both directions.
func (c *Chat) SetFault(f wire.Fault, some, others []string) {
	c.t.Helper()
	for _, one := range some {
		for _, other := range others {
			require.NoError(c.t, c.Wire().Set(one, other, f))
			require.NoError(c.t, c.Wire().Set(other, one, f))
		}
	}
}

// Heal ends all faults on links.
func (c *Chat) Heal() {
	c.t.Helper()
	require.NoError(c.t, c.Wire().Heal())
}

// ResetLink waits for the link between two processes and resets it; the first notices
// that at once.
func (c *Chat) ResetLink(one, other string) {
	c.t.Helper()
	c.Eventually("the link between "+one+" and "+other+" is reset", func() bool {
		n, err := c.Wire().Reset(one, other)
		require.NoError(c.t, err)
		return n > 0
	})
}
