package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// composeTimeout is for one command of compose to do its work.
const composeTimeout = 60 * time.Second

// composed is the project's own compose.yaml, brought up.
type composed struct {
	*lab.Lab
	t     *testing.T
	words []string // of every command: docker compose, the file, the project
	logs  map[string]*lab.Process
}

// do runs one command of compose to its end.
func (c *composed) do(args ...string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), composeTimeout)
	defer cancel()
	words := append(c.words[1:len(c.words):len(c.words)], args...)
	out, err := exec.CommandContext(ctx, c.words[0], words...).CombinedOutput()
	require.NoError(c.t, err, "docker compose %s:\n%s", strings.Join(args, " "), out)
}

// ends is do for what ends containers.
func (c *composed) ends(args ...string) {
	c.t.Helper()
	require.NoError(c.t, c.Undisturbed(func() error {
		c.do(args...)
		return nil
	}))
}

// attach sits down at a terminal.
func (c *composed) attach(service string) *lab.Terminal {
	c.t.Helper()
	terminal := c.Sit(service, nil, append(c.words[:len(c.words):len(c.words)], "attach", service)...)
	terminal.TakesKeys()
	return terminal
}

// follow reads along in a terminal's log.
func (c *composed) follow(service string) {
	c.t.Helper()
	c.logs[service] = c.Start(lab.Spec{
		Name: "log of " + service, Role: "docker",
		Args: append(c.words[1:len(c.words):len(c.words)], "logs", "--follow", "--no-log-prefix", "--no-color", service),
	})
}

// shows waits until a log has this line; a terminal ends its lines with CR LF.
func (c *composed) shows(line string, services ...string) {
	c.t.Helper()
	for _, service := range services {
		what := func() string { return fmt.Sprintf("line %q", line) }
		c.logs[service].Collects(what, func(l lab.Line) bool { return strings.TrimRight(l.Text, "\r") == line })
	}
}

// composeUp brings up the server and five clients on free ports.
func composeUp(t *testing.T) (*composed, []string) {
	t.Helper()
	c := &composed{Lab: lab.New(t, lab.Playing("docker", "cmd:docker")), t: t, logs: map[string]*lab.Process{}}
	file, err := filepath.Abs("../compose.yaml")
	require.NoError(t, err)
	c.words = []string{"docker", "compose", "--file", file, "--project-name", c.Project()}
	t.Setenv("SERVER_PORT", c.Port())
	services := []string{"server"}
	for _, id := range ids(5) {
		t.Setenv(fmt.Sprintf("CLIENT%d_PORT1", id), c.Port())
		t.Setenv(fmt.Sprintf("CLIENT%d_PORT2", id), c.Port())
		services = append(services, fmt.Sprintf("client%d", id))
	}
	t.Cleanup(func() {
		for _, service := range services { // see Undisturbed: not all at once
			c.ends("stop", "--timeout", "3", service)
		}
		c.ends("down", "--volumes")
	})
	c.do(append([]string{"up", "--detach", "--no-build"}, services...)...)
	for _, service := range services {
		c.follow(service)
	}
	return c, services
}

func TestComposeAsItsUserDoes(t *testing.T) {
	if !lab.InContainers() {
		lab.LeaveOut(t, "it is of compose.yaml, and runs with PEERLAB_E2E=container")
	}
	c, everyone := composeUp(t)
	clients := everyone[1:]
	for _, id := range ids(5) {
		c.shows(fmt.Sprintf("Client %d: initiated.", id), everyone...)
	}

	one, two := c.attach("client1"), c.attach("client2")
	one.Types("hello from one\r")
	c.shows("Client 1: hello from one", "server", "client2", "client3", "client4", "client5")
	two.Reads("Client 1: hello from one")

	one.Types("half a li")
	one.Reads("half a li")
	two.Types("incoming\r")
	one.Reads("Client 2: incoming", "half a li")
	one.Types("ne\r")
	c.shows("Client 1: half a line", "server", "client2", "client3")

	one.Types("\x10\x11") // Ctrl-P Ctrl-Q
	t.Log("detaching has attach end with status", one.Ends())
	two.Types("is one still there?\r")
	c.shows("Client 2: is one still there?", "client1")
	one = c.attach("client1")
	one.Types("here I am\r")
	two.Reads("Client 1: here I am")

	c.ends("kill", "server")
	two.Types("no server now\r")
	c.shows("Client 2: no server now", "client1", "client3", "client4", "client5")
	c.logs["server"].Exits(0) // who follows a log is done when the container has ended
	c.do("start", "server")
	c.logs["server"].Start()
	c.shows("Server: initiated", clients...)
	for _, id := range ids(5) {
		c.shows(fmt.Sprintf("Client %d: reconnected", id), "server")
	}
	two.Reads("Server: initiated")
}
