package scripts

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"peerlab/e2e/lab"
)

// service is what compose.yaml and compose.swarm.yaml have in common.
type service struct {
	Image      string
	Command    string
	StdinOpen  bool `yaml:"stdin_open"`
	TTY        bool
	ReadOnly   bool     `yaml:"read_only"`
	CapDrop    []string `yaml:"cap_drop"`
	StopPeriod string   `yaml:"stop_grace_period"`
	Deploy     struct {
		Placement struct{ Constraints []string }
	}
}

var port = regexp.MustCompile(`\$\{[A-Z0-9]+_PORT[12]?:-[0-9]+\}`)

func servicesOf(t *testing.T, file string) map[string]service {
	t.Helper()
	content, err := os.ReadFile("../../" + file)
	require.NoError(t, err)
	var all struct{ Services map[string]service }
	require.NoError(t, yaml.Unmarshal(content, &all))
	return all.Services
}

// The stack is a file of its own, so it could differ from compose.yaml by mistake, and a service
// could have the label of another one.
func TestTheStackHasTheServicesOfComposeYAML(t *testing.T) {
	lab.Parallel(t)
	want, got := servicesOf(t, "compose.yaml"), servicesOf(t, "compose.swarm.yaml")
	agent := got["agent"]
	delete(got, "agent")
	for name, w := range want {
		g, ok := got[name]
		if name == "console" {
			continue
		}
		require.True(t, ok, name)
		assert.Equal(t, "${REGISTRY:-}"+w.Image, g.Image, name)
		assert.Equal(t, port.FindAllString(w.Command, -1), port.FindAllString(g.Command, -1), name)
		for _, p := range port.FindAllString(g.Command, -1) {
			if !strings.Contains(p, "PORT1") { // none listens there
				assert.Contains(t, agent.Command, p, "the record lacks what %s receives", name)
			}
		}
		assert.Equal(t, []any{w.StdinOpen, w.TTY, w.ReadOnly, w.CapDrop, w.StopPeriod}, []any{g.StdinOpen, g.TTY, g.ReadOnly, g.CapDrop, g.StopPeriod}, name)
		assert.Equal(t, []string{"node.labels.peerlab." + name + " == yes"}, g.Deploy.Placement.Constraints)
		delete(got, name)
	}
	assert.Empty(t, got)
}

// Each refusal names the remedy, and comes before anything is changed.
func TestSwarmExplains(t *testing.T) {
	const two = `
"info "*) echo alpha ;;
"node ls --quiet") echo 1; echo 2 ;;
"node inspect "*) echo alpha 10.0.0.1:2377 ready active peerlab.server=yes; echo beta 10.0.0.2 ready active peerlab.client1=yes peerlab.client2=yes ;;
"service inspect peerlab_server"*|"service inspect peerlab_client1"*) ;;
"service inspect "*) exit 1 ;;
"ps "*swarm.service.name=peerlab_server*) echo id ;;
"context inspect "*) exit 1 ;;`
	for name, c := range map[string]struct {
		answers string
		args    []string
		want    string
	}{
		"no swarm":        {`"node ls "*) exit 1 ;;`, []string{"up"}, "docker swarm init"},
		"no such service": {two, []string{"start", "client9"}, "there is no service 'client9'. All of them: server client1"},
		"before swarm-up": {two, []string{"kill", "client2"}, "make swarm-up"},
		"no context":      {two, []string{"attach", "client1"}, "docker context create beta --docker host=ssh://USER@10.0.0.2"},
		"it runs":         {two, []string{"start", "server"}, "server runs, at alpha"},
		"no such node":    {two, []string{"move", "server", "gamma"}, "there is no node 'gamma'. All of them: alpha beta"},
		"it is there":     {two, []string{"move", "server", "alpha"}, "server is at alpha already"},
		"no command":      {two, nil, "usage:"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScripted(t)
			s.docker(c.answers)
			r := s.runs("swarm.sh", c.args...)
			require.Equal(t, 1, r.status)
			require.Contains(t, r.stderr, c.want)
			require.NotContains(t, strings.Join(s.calls(), "\n"), "update")
		})
	}
}

// An attach finds the terminal of a service that runs at another node of the swarm.
func TestAttachFindsTheNode(t *testing.T) {
	s := newScripted(t)
	s.docker(`
"info "*) echo alpha ;;
"node ls --quiet") echo 2 ;;
"node inspect "*) echo beta 10.0.0.2 ready active peerlab.client3=yes ;;
"service inspect "*) echo it ;;
"--context beta ps "*service.name=peerlab_client3) echo id ;;`)
	r := s.runs("attach.sh", "client3")
	require.Equal(t, 0, r.status, r.stderr)
	require.Equal(t, "--context beta attach --sig-proxy=false id", s.calls()[len(s.calls())-1])
}
