package relay

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

func TestPortInUseIsNamed(t *testing.T) {
	lab.NeedsOwn(t, "relay", "node")
	s := stage.StartRelay(t)
	n := s.Join("node", s.NewFolder("node", stage.Files{"a.txt": "A\n"}))
	for _, taken := range []struct {
		spec lab.Spec
		port string
	}{
		{lab.Spec{Name: "relay2", Role: "relay", Args: []string{stage.Port(s.At)}}, stage.Port(s.At)},
		{lab.Spec{Name: "relay3", Role: "relay", Args: []string{"-listen", n.At}}, stage.Port(n.At)},
		{lab.Spec{Name: "node2", Role: "node", Args: []string{"-listen", n.At, stage.Host(s.At), stage.Port(s.At)}}, stage.Port(n.At)},
		{lab.Spec{Name: "node3", Role: "node", Args: []string{"-listen", s.At, stage.Host(s.At), stage.Port(s.At)}}, stage.Port(s.At)},
	} {
		p := s.Start(taken.spec)
		p.Exits(1)
		p.Stderr().Contains(taken.port)
		assert.Len(t, p.Stderr().Lines(), 1, "%v: one line says what and what to do", p)
		assert.Empty(t, p.Lines())
	}
	assert.Equal(t, []string{n.At}, s.Listed())
	s.Fetched("a.txt", "A\n")
}
