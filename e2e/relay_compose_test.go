package e2e

import (
	"fmt"
	"net"
	"os"
	"testing"
)

// Whoever sits at a terminal that asks for nothing can still end its program.
func TestComposeRelayAndNodeEndWithControlC(t *testing.T) {
	c := newComposed(t, composeFile, nil, "node1", "relay")
	ports := map[string]string{"relay": c.port("RELAY_PORT"), "node1": c.port("NODE1_PORT")}
	if info, err := os.Stat("../files/node1"); err == nil && info.Mode().Perm()&0o005 != 0o005 {
		t.Setenv("NODE_USER", fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())) // as scripts/up.sh does
	}
	c.up()
	for _, service := range c.services {
		c.Eventually(service+" listens", func() bool {
			conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", ports[service]))
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
		terminal := c.attach(service)
		terminal.Types("\x03")
		terminal.Ends()
		c.printed(service)
	}
}
