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

const composeFile = "../compose.yaml"

// composed is a compose project of the lab's: newComposed prepares it.
type composed struct {
	*lab.Lab
	t        *testing.T
	project  string
	words    []string // of every command: docker compose, the file, the project
	services []string // that up starts and the end of the test stops
	logs     map[string]*lab.Process
}

// do runs one command of compose and returns what it writes, without the CR that a
// terminal adds.
func (c *composed) do(args ...string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), composeTimeout)
	defer cancel()
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, c.words[0], c.compose(args...)[1:]...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(c.t, err, "docker compose %s:\n%s%s", strings.Join(args, " "), out, stderr.String())
	return strings.TrimRight(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n")
}

// compose returns the words of a command of compose.
func (c *composed) compose(args ...string) []string {
	return append(c.words[:len(c.words):len(c.words)], args...)
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
	terminal := c.Sit(service, nil, c.compose("attach", service)...)
	terminal.TakesKeys()
	return terminal
}

// follow reads along in a terminal's log.
func (c *composed) follow(service string) {
	c.t.Helper()
	c.logs[service] = c.Start(lab.Spec{
		Name: "log of " + service, Role: "docker",
		Args: c.compose("logs", "--follow", "--no-log-prefix", "--no-color", service)[1:],
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

// newComposed prepares the project of a compose.yaml under a name of its own, with
// those profiles. The test is left out where roles do not run in containers. When it
// ends, the services are stopped in this order, and the project is removed.
func newComposed(t *testing.T, file string, profiles []string, services ...string) *composed {
	t.Helper()
	if !lab.InContainers() {
		lab.LeaveOut(t, "it is of compose.yaml, and runs with PEERLAB_E2E=container")
	}
	c := &composed{Lab: lab.New(t, lab.OnHost(), lab.Playing("docker", "cmd+pipe:docker")), t: t, logs: map[string]*lab.Process{}, services: services}
	file, err := filepath.Abs(file)
	require.NoError(t, err)
	c.project = c.Project()
	c.words = []string{"docker", "compose", "--file", file, "--project-name", c.project}
	for _, profile := range profiles {
		c.words = append(c.words, "--profile", profile)
	}
	t.Cleanup(func() {
		for _, service := range services { // see Undisturbed: not all at once
			c.ends("stop", "--timeout", "3", service)
		}
		c.ends("down", "--volumes")
	})
	return c
}

// port gives a port of the lab's to a variable of compose.yaml, and returns it.
func (c *composed) port(variable string) string {
	c.t.Helper()
	port := c.Port()
	c.t.Setenv(variable, port)
	return port
}

// up starts the services.
func (c *composed) up() {
	c.t.Helper()
	c.do(append([]string{"up", "--detach", "--no-build"}, c.services...)...)
}

// composeUp brings up the server and five clients on free ports.
func composeUp(t *testing.T) *composed {
	t.Helper()
	services := []string{"server"}
	for _, id := range ids(5) {
		services = append(services, fmt.Sprintf("client%d", id))
	}
	c := newComposed(t, composeFile, nil, services...)
	c.port("SERVER_PORT")
	for _, id := range ids(5) {
		c.port(fmt.Sprintf("CLIENT%d_PORT1", id))
		c.port(fmt.Sprintf("CLIENT%d_PORT2", id))
	}
	c.up()
	for _, service := range services {
		c.follow(service)
	}
	return c
}

// ended waits until a service has ended with that status.
func (c *composed) ended(service string, status int) {
	c.t.Helper()
	state := fmt.Sprint("exited ", status)
	c.Eventually(fmt.Sprintf("%s has ended with status %d", service, status), func() bool {
		return c.do("ps", "--all", "--format", "{{.State}} {{.ExitCode}}", service) == state
	})
}

// printed waits until a service has ended with status 0, and returns all that it
// has ever shown.
func (c *composed) printed(service string) []string {
	c.t.Helper()
	c.ended(service, 0)
	return strings.Split(c.do("logs", "--no-log-prefix", "--no-color", service), "\n")
}
