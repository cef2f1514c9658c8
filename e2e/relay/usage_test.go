package relay

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

func TestWrongUsage(t *testing.T) {
	lab.NeedsOwn(t, "relay", "node", "fetch")
	s := stage.NewRelay(t)
	at, relayPort := s.Address(), s.Port()
	wrong := map[string][][]string{
		"relay": {
			{}, {"http"}, {"70000"}, {"-1"}, {""}, {relayPort, relayPort}, {"-listen", at, relayPort}, {"-listen", "nowhere"}, {"-lisen", at},
		},
		"node": {
			{},
			{"127.0.0.1"},
			{"127.0.0.1", "http"},
			{"127.0.0.1", "70000"},
			{"127.0.0.1", "0"},
			{"", relayPort},
			{"127.0.0.1", relayPort, "more"},
			{"-listen", "nowhere", "127.0.0.1", relayPort},
			{"-folder", ".", "127.0.0.1", relayPort},
		},
		"fetch": {
			{},
			{"127.0.0.1"},
			{"127.0.0.1", "http"},
			{"127.0.0.1", "70000"},
			{"127.0.0.1", "0", "a.txt"},
			{"", relayPort, "a.txt"},
			{"-list", "127.0.0.1", relayPort, "a.txt"},
			{"-output", ".", "127.0.0.1", relayPort, "a.txt"},
			{"-o"},
		},
	}
	var specs []lab.Spec
	for role, lines := range wrong {
		for i, args := range lines {
			specs = append(specs, lab.Spec{Name: fmt.Sprintf("%s%d", role, i), Role: role, Args: args})
		}
	}
	for _, p := range s.StartAll(specs...) {
		p.Exits(2)
		assert.Len(t, p.Stderr().Lines(), 1, "%v says what is wrong", p)
		assert.Empty(t, p.Lines(), "%v: the screen is not for that", p)
	}
}

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
