package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hostileNames are names that would steer a terminal.
var hostileNames = []string{"\x1b]0;owned\x07", "a\rb", "clear\x1b[2J", "\u009b2J", "\u202egpj.exe", "half \xff", "nul\x00", "bell\a", "\x7f"}

func TestFetchListsHostileNamesEscaped(t *testing.T) {
	s := startSwarm(t)
	r := s.joinRogue(func(c *rogueCall, request string) bool {
		if request != "LIST" {
			return c.says("ERR notfound \x1b[2J\n")
		}
		var b strings.Builder
		fmt.Fprintf(&b, "FILES %d\n", len(hostileNames)+1)
		for _, name := range append(hostileNames, "harmless.txt") {
			fmt.Fprintf(&b, "FILE 5 - %s\n", name)
		}
		return c.says("%s", b.String())
	})
	dir := s.folder("honest", files{"a.txt": "A\n"})
	for _, name := range hostileNames { // a node's own folder may have them, too
		if !strings.Contains(name, "\x00") {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("hello"), 0o644))
		}
	}
	n := s.join("honest", dir)
	p := s.fetch([]string{"-list"})
	p.Exits(0)
	harmless(t, p.Screen, p.Stderr())
	assert.Contains(t, output(p), "a.txt")
	for _, line := range p.Lines() {
		address := strings.Fields(line.Text)[0]
		assert.Contains(t, []string{r.at, n.at}, address, "each is a line of its own: %q", line.Text)
	}
	missing := s.fetch(nil, "b.txt")
	s.fails(missing)
	harmless(t, missing.Screen, missing.Stderr())
	for _, name := range hostileNames {
		if strings.Contains(name, "\x00") {
			continue // no program can be given that
		}
		p := s.fetch(nil, name)
		s.fails(p)
		harmless(t, p.Screen, p.Stderr())
	}
}

// What a rogue lists may be anything; the others are listed all the same.
func TestFetchListsTheOthersAllTheSame(t *testing.T) {
	for name, answer := range map[string]func(c *rogueCall) bool{
		"too many": func(c *rogueCall) bool { return c.says("FILES 1000000000000\n") && c.waits() },
		"endless": func(c *rogueCall) bool {
			for c.says("FILES 5\n") {
			}
			return false
		},
		"cut":     func(c *rogueCall) bool { return c.says("FILES 3\nFILE 5 - a") && false },
		"junk":    func(c *rogueCall) bool { return c.says("\x00\xff\n") },
		"refused": func(c *rogueCall) bool { return c.says("ERR failed \x1b[2J\n") },
		"silent":  func(c *rogueCall) bool { return c.waits() },
	} {
		t.Run(name, func(t *testing.T) {
			s := startSwarm(t)
			r := s.joinRogue(func(c *rogueCall, _ string) bool { return answer(c) })
			n := s.join("honest", s.folder("honest", files{"a.txt": "A\n"}))
			p := s.fetch([]string{"-list"})
			p.Exits(0)
			harmless(t, p.Screen, p.Stderr())
			p.Contains(n.at)
			p.Stderr().Contains(r.at) // what is missing is said
		})
	}
}
