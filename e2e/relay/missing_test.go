package relay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// fails requires a client to print nothing, to complain in one line and to exit with status
// 1, and returns that line.
func fails(t *testing.T, r *stage.Relay, p *lab.Process) string {
	t.Helper()
	p.ExitsWithin(stage.FetchTimeout, 1)
	r.Printed(p, "")
	complaints := stage.Complaints(p)
	require.Len(t, complaints, 1, "one line says what and what to do")
	return complaints[0]
}

func TestFetchSaysWhyThereIsNothing(t *testing.T) {
	s := stage.NewRelay(t)
	noRelay := fails(t, s, s.Fetch(nil, "a.txt"))
	assert.Contains(t, noRelay, s.At)
	s.StartServer()
	noNode := fails(t, s, s.Fetch(nil, "a.txt"))
	assert.Contains(t, noNode, s.At)
	n := s.Join("node", s.NewFolder("node", stage.Files{"b.txt": "B\n"}))
	noFile := fails(t, s, s.Fetch(nil, "a.txt"))
	assert.Contains(t, noFile, "a.txt")
	n.Kill()
	noAnswer := fails(t, s, s.Fetch(nil, "b.txt"))
	assert.Contains(t, noAnswer, "b.txt")

	for a, one := range []string{noRelay, noNode, noFile} {
		for b, other := range []string{noRelay, noNode, noFile} {
			assert.True(t, a == b || strings.ReplaceAll(one, s.At, "") != strings.ReplaceAll(other, s.At, ""), "each has its own message: %q", one)
		}
	}
	list := s.Fetch([]string{"-list"})
	list.Exits(1)
	s.Printed(list, "")
}
