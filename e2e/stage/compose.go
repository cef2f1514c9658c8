package stage

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// ComposeTimeout is for one command of compose to do its work.
const ComposeTimeout = 60 * time.Second

const ComposeFile = "../../compose.yaml"

// Compose is a project of docker compose: see [NewCompose].
type Compose struct {
	*lab.Lab
	t        *testing.T
	Name     string   // of the project
	Words    []string // of every command: docker compose, the file, the project
	Services []string // that up starts and the end of the test stops
	Logs     map[string]*lab.Process
	Ports    map[string]string // of the lab's, by their variables in the file
}

var portVariable = regexp.MustCompile(`\$\{([A-Z0-9_]+_PORT[12]?):-`)

// Do runs one command of compose and returns what it writes, without the CR that a
// terminal adds.
func (c *Compose) Do(args ...string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), ComposeTimeout)
	defer cancel()
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, c.Words[0], c.compose(args...)[1:]...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(c.t, err, "docker compose %s:\n%s%s", strings.Join(args, " "), out, stderr.String())
	return strings.TrimRight(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n")
}

// compose returns the words of a command of compose.
func (c *Compose) compose(args ...string) []string {
	return append(c.Words[:len(c.Words):len(c.Words)], args...)
}

// Ends is Do for what ends containers.
func (c *Compose) Ends(args ...string) {
	c.t.Helper()
	require.NoError(c.t, c.Undisturbed(func() error {
		c.Do(args...)
		return nil
	}))
}

// Attach sits down at a terminal.
func (c *Compose) Attach(service string) *lab.Terminal {
	c.t.Helper()
	terminal := c.Sit(service, nil, c.compose("attach", service)...)
	terminal.TakesKeys()
	return terminal
}

// Follow reads along in a terminal's log.
func (c *Compose) Follow(service string) {
	c.t.Helper()
	c.Logs[service] = c.Start(lab.Spec{
		Name: "log of " + service, Role: "docker",
		Args: c.compose("logs", "--follow", "--no-log-prefix", "--no-color", service)[1:],
	})
}

// Shows waits until a log has this line; a terminal ends its lines with CR LF.
func (c *Compose) Shows(line string, services ...string) {
	c.t.Helper()
	for _, service := range services {
		what := func() string { return fmt.Sprintf("line %q", line) }
		c.Logs[service].Collects(what, func(l lab.Line) bool { return strings.TrimRight(l.Text, "\r") == line })
	}
}

// NewCompose prepares the project of a compose.yaml under a name and on ports of its own, with
// those profiles. The test is left out where roles do not run in containers. When it
// ends, the services are stopped in this order, and the project is removed.
func NewCompose(t *testing.T, file string, profiles []string, services ...string) *Compose {
	t.Helper()
	if !lab.InContainers() {
		lab.LeaveOut(t, "it is of compose.yaml, and runs with PEERLAB_E2E=container")
	}
	lab.Turn(t)
	c := &Compose{Lab: lab.New(t, lab.OnHost(), lab.Playing("docker", "cmd+pipe:docker")), t: t, Logs: map[string]*lab.Process{}, Services: services, Ports: map[string]string{}}
	file, err := filepath.Abs(file)
	require.NoError(t, err)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, variable := range portVariable.FindAllStringSubmatch(string(content), -1) {
		if name := variable[1]; c.Ports[name] == "" {
			c.Ports[name] = c.Port()
			t.Setenv(name, c.Ports[name])
		}
	}
	c.Name = c.Project()
	c.Words = []string{"docker", "compose", "--file", file, "--project-name", c.Name}
	for _, profile := range profiles {
		c.Words = append(c.Words, "--profile", profile)
	}
	t.Cleanup(func() {
		for _, service := range services { // see Undisturbed: not all at once
			c.Ends("stop", "--timeout", "3", service)
		}
		c.Ends("down", "--volumes")
	})
	return c
}

// Up starts the services.
func (c *Compose) Up() {
	c.t.Helper()
	c.Do(append([]string{"up", "--detach", "--no-build"}, c.Services...)...)
}

// Ended waits until a service has ended with that status.
func (c *Compose) Ended(service string, status int) {
	c.t.Helper()
	state := fmt.Sprint("exited ", status)
	c.Eventually(fmt.Sprintf("%s has ended with status %d", service, status), func() bool {
		return c.Do("ps", "--all", "--format", "{{.State}} {{.ExitCode}}", service) == state
	})
}

// Printed waits until a service has ended with status 0, and returns all that it
// has ever shown.
func (c *Compose) Printed(service string) []string {
	c.t.Helper()
	c.Ended(service, 0)
	return strings.Split(c.Do("logs", "--no-log-prefix", "--no-color", service), "\n")
}
