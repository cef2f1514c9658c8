package compose

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"peerlab/e2e/stage"
)

// A user at a terminal that prompts for nothing can still end its program.
func TestRelayAndNodeEndWithControlC(t *testing.T) {
	c := stage.NewCompose(t, stage.ComposeFile, nil, "node1", "relay")
	if info, err := os.Stat("../../files/node1"); err == nil && info.Mode().Perm()&0o005 != 0o005 {
		t.Setenv("NODE_USER", fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())) // as scripts/up.sh does
	}
	c.Up()
	for _, service := range c.Services {
		c.Eventually(service+" listens", func() bool {
			conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", c.Ports[strings.ToUpper(service)+"_PORT"]))
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
		terminal := c.Attach(service)
		terminal.Types("\x03")
		terminal.Ends()
		c.Printed(service)
	}
}
