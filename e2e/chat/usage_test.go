package chat

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

func TestWrongUsage(t *testing.T) {
	lab.NeedsOwn(t, "server", "client")
	c := stage.NewChat(t)
	port := c.Port()
	wrong := map[string][]string{
		"no arguments":      {},
		"two arguments":     {"1", port},
		"four arguments":    {"1", "0", port, "more"},
		"path as ID":        {"../x", "0", port},
		"empty ID":          {"", "0", port},
		"negative ID":       {"-1", "0", port},
		"ID with line end":  {"3\n", "0", port},
		"ID with a space":   {"3 4", "0", port},
		"same ports":        {"1", port, port},
		"port out of range": {"1", "0", "70000"},
		"PORT1 too high":    {"1", "65536", port},
		"no port":           {"1", "0", "http"},
		"unknown flag":      {"-sever", c.At, "1", "0", port},
		"server's address":  {"-server", "nowhere", "1", "0", port},
		"plain, for all":    {"-host", "0.0.0.0", "1", "0", port},
	}
	var specs []lab.Spec
	for name, args := range wrong {
		name = strings.NewReplacer(" ", "-", "'", "").Replace(name)
		specs = append(specs, lab.Spec{Name: name, Role: "client", Args: args})
	}
	specs = append(specs,
		lab.Spec{Name: "server-with-an-argument", Role: "server", Args: []string{"4000"}},
		lab.Spec{Name: "plain-server-for-all", Role: "server", Args: []string{"-listen", "0.0.0.0:" + port}},
		lab.Spec{Name: "server-nowhere", Role: "server", Args: []string{"-listen", "nowhere"}})
	for _, p := range c.StartAll(specs...) {
		p.Exits(2)
		assert.NotEmpty(t, p.Stderr().Lines(), "%v says what is wrong", p)
		assert.Empty(t, p.Lines(), "%v: the screen is not for that", p)
	}
}
