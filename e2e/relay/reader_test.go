package relay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
	bench "peerlab/lab"
)

// fetch | head: the reader closes the pipe.
func TestFetchWhoseReaderGoesAway(t *testing.T) {
	lab.NeedsOwn(t, "fetch")
	s := stage.StartRelay(t, lab.Playing("shell", "cmd+pipe:sh"))
	dir := s.NewFolder("node", stage.Files{"small.txt": strings.Repeat("0123456789", 50_000), "large.txt": strings.Repeat("0123456789", 2<<20)})
	s.Join("node", dir)
	command := bench.QuoteWords(s.Program("fetch"))
	for _, name := range []string{"small.txt", "large.txt"} {
		p := s.Start(lab.Spec{Name: "shell-" + name, Role: "shell", Args: []string{
			"-c", "{ " + command + ` "$@"; echo "status $?" >&2; } | head -c 10 | wc -c`, "sh", stage.Host(s.At), stage.Port(s.At), name,
		}})
		p.Exits(0)
		s.Printed(p, "10\n")
		said := p.Stderr().Lines()
		assert.LessOrEqual(t, len(said), 2, "one line, or none: %s", stage.Complaints(p))
		assert.Contains(t, []string{"status 141", "status 1"}, said[len(said)-1].Text, "a signal says it, or fetch does")
	}
}
