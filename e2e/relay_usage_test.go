package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
)

func TestRelayWrongUsage(t *testing.T) {
	lab.NeedsOwn(t, "relay", "node", "fetch")
	s := newSwarm(t)
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

func TestRelayPortInUseIsNamed(t *testing.T) {
	lab.NeedsOwn(t, "relay", "node")
	s := startSwarm(t)
	n := s.join("node", s.folder("node", files{"a.txt": "A\n"}))
	for _, taken := range []struct {
		spec lab.Spec
		port string
	}{
		{lab.Spec{Name: "relay2", Role: "relay", Args: []string{port(s.at)}}, port(s.at)},
		{lab.Spec{Name: "relay3", Role: "relay", Args: []string{"-listen", n.at}}, port(n.at)},
		{lab.Spec{Name: "node2", Role: "node", Args: []string{"-listen", n.at, host(s.at), port(s.at)}}, port(n.at)},
		{lab.Spec{Name: "node3", Role: "node", Args: []string{"-listen", s.at, host(s.at), port(s.at)}}, port(s.at)},
	} {
		p := s.Start(taken.spec)
		p.Exits(1)
		p.Stderr().Contains(taken.port)
		assert.Len(t, p.Stderr().Lines(), 1, "%v: one line says what and what to do", p)
		assert.Empty(t, p.Lines())
	}
	assert.Equal(t, []string{n.at}, s.listed())
	s.fetched("a.txt", "A\n")
}

func TestRelayFoldersThatAreNotThereAreNamed(t *testing.T) {
	lab.NeedsOwn(t, "node", "fetch")
	s := startSwarm(t)
	s.join("node", s.folder("node", files{"a.txt": "A\n"}))
	for _, p := range []*lab.Process{
		s.startNode("nowhere", s.folder("nowhere", nil), "-dir", "no-such-folder").Process,
		s.startNode("file", s.folder("file", files{"no-such-folder": "a file\n"}), "-dir", "no-such-folder").Process,
		s.fetchIn(s.folder("in the way", files{"no-such-folder": "a file\n"}), []string{"-o", "no-such-folder"}, "a.txt"),
	} {
		assert.Contains(t, s.fails(p), "no-such-folder")
	}
}

func TestRelayManuals(t *testing.T) {
	lab.NeedsOwn(t, "relay", "node", "fetch")
	s := newSwarm(t)
	for _, role := range []string{"relay", "node", "fetch"} {
		help := s.Start(lab.Spec{Name: role + "-h", Role: role, Args: []string{"-h"}})
		help.Exits(0)
		lines := len(help.Lines())
		assert.True(t, 5 <= lines && lines <= 40, "%v: a manual on one screen, not %d lines", help, lines)
		help.Contains("Example")

		version := s.Start(lab.Spec{Name: role + "-version", Role: role, Args: []string{"-version"}})
		version.Exits(0)
		assert.Len(t, version.Lines(), 1)
	}
}
