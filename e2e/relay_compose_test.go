package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// Whoever sits at a terminal that asks for nothing can still end its program.
func TestComposeRelayAndNodeEndWithControlC(t *testing.T) {
	if !lab.InContainers() {
		lab.LeaveOut(t, "it is of compose.yaml, and runs with PEERLAB_E2E=container")
	}
	c := &composed{Lab: lab.New(t, lab.Playing("docker", "cmd:docker")), t: t, logs: map[string]*lab.Process{}}
	file, err := filepath.Abs("../compose.yaml")
	require.NoError(t, err)
	c.words = []string{"docker", "compose", "--file", file, "--project-name", c.Project()}
	ports := map[string]string{"relay": c.Port(), "node1": c.Port()}
	t.Setenv("RELAY_PORT", ports["relay"])
	t.Setenv("NODE1_PORT", ports["node1"])
	if info, err := os.Stat("../files/node1"); err == nil && info.Mode().Perm()&0o005 != 0o005 {
		t.Setenv("NODE_USER", fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())) // as scripts/up.sh does
	}
	services := []string{"node1", "relay"}
	t.Cleanup(func() {
		for _, service := range services {
			c.ends("stop", "--timeout", "3", service)
		}
		c.ends("down", "--volumes")
	})
	c.do(append([]string{"up", "--detach", "--no-build"}, services...)...)
	for _, service := range services {
		c.Eventually(service+" listens", func() bool {
			conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", ports[service]))
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
		terminal := c.Sit(service, nil, append(c.words[:len(c.words):len(c.words)], "attach", service)...)
		terminal.TakesKeys()
		terminal.Types("\x03")
		terminal.Ends()
		c.printed(service)
	}
}
