package relay

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/stage"
)

func TestFetchTakesNamesAsTheyAre(t *testing.T) {
	s := stage.StartRelay(t)
	all := stage.Files{}
	for _, name := range []string{
		"two words.txt", "  spaces   all  around  ", `it's "quoted".txt`, "größe – 文件 😀.txt", "-o", "--help", "#5", "a;rm -rf $HOME `x`", "%2e%2e",
		"*.txt", "a=b&c", "deep/er/and deeper/file.txt", "...", "..a", "GET 0 - - x", strings.Repeat("n", 255), strings.Repeat("ü", 127),
	} {
		all[name] = "this is " + name + "\n"
	}
	s.Join("node", s.NewFolder("node", all))
	names := all.Names()
	whole := ""
	for _, name := range names {
		whole += all[name]
	}
	literal := append([]string{"--"}, names...) // some begin with a dash, as flags do
	byArguments := s.Fetch(nil, literal...)
	byArguments.Exits(0)
	s.Printed(byArguments, whole)

	byPrompts := s.Fetch(nil)
	for _, name := range names {
		byPrompts.Types(name)
	}
	byPrompts.CloseStdin()
	byPrompts.Exits(0)
	s.Printed(byPrompts, whole)

	saves := s.Fetch([]string{"-o", "."}, literal...)
	saves.Exits(0)
	for _, name := range names {
		content, err := os.ReadFile(saves.Path(name))
		require.NoError(t, err)
		assert.Equal(t, all[name], string(content), name)
	}
	list := s.Fetch([]string{"-list"})
	list.Exits(0)
	for _, name := range names {
		assert.Contains(t, stage.Output(list), " "+name+"\n")
	}
}

// outsiders are names that lead out of the folder that a node serves, to a file
// that is there, or are no names at all.
func outsiders(dir string) []string {
	return []string{
		"../secret.txt", filepath.Join(dir, "secret.txt"), "/data/secret.txt", "/etc/passwd", "inside/../../secret.txt", `..\secret.txt`, `inside\a.txt`,
		"./inside/a.txt", "inside/./a.txt", "inside/../inside/a.txt", "inside//a.txt", "inside/a.txt/", "/inside/a.txt", "..", ".", "/", "",
	}
}

func TestNodeServesNothingOutsideItsFolder(t *testing.T) {
	s := stage.StartRelay(t)
	dir := s.NewFolder("node", stage.Files{"secret.txt": "a secret\n", "served/inside/a.txt": "A\n"})
	for link, to := range map[string]string{
		"out.txt": "../secret.txt", "absolute.txt": filepath.Join(dir, "secret.txt"), "in-a-container.txt": "/data/secret.txt", "up": "..", "root": "/",
	} {
		require.NoError(t, os.Symlink(to, filepath.Join(dir, "served", link)))
	}
	n := s.Join("node", dir, "-dir", "served")
	s.Fetched("inside/a.txt", "A\n")
	assert.Contains(t, fails(t, s, s.Fetch(nil, "../secret.txt")), "../secret.txt")

	linked := []string{"out.txt", "absolute.txt", "in-a-container.txt", "up/secret.txt", "root/etc/passwd", "up", "root"}
	for _, name := range append(outsiders(dir), linked...) { // not only fetch may ask
		for _, request := range []string{"GET 0 - - ", "STAT ", "DIGEST 1 "} {
			said, err := stage.Ask(s, "", n.At, request+name)
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(said, "ERR "), "%s%s: %q", request, name, said)
		}
	}
	names := append(append([]string{"inside/a.txt"}, outsiders(dir)...), linked...)
	refused := s.Fetch(nil, append(names, "inside/a.txt")...)
	refused.Exits(1)
	s.Printed(refused, "A\nA\n")
	assert.GreaterOrEqual(t, len(refused.Stderr().Lines()), len(names)-1, "each is refused with a message")
	list := s.Fetch([]string{"-list"})
	list.Exits(0)
	assert.NotContains(t, stage.Output(list), "secret")
	s.Fetched("inside/a.txt", "A\n")
}
