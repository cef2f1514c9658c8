package e2e

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// specialTime is for an answer to a request for what is no regular file: who waits
// for somebody at the other end of a FIFO waits for ever.
const specialTime = 20 * time.Second

func TestFetchTakesNamesAsTheyAre(t *testing.T) {
	s := startSwarm(t)
	all := files{}
	for _, name := range []string{
		"two words.txt", "  spaces   all  around  ", `it's "quoted".txt`, "größe – 文件 😀.txt", "-o", "--help", "#5", "a;rm -rf $HOME `x`", "%2e%2e",
		"*.txt", "a=b&c", "deep/er/and deeper/file.txt", "...", "..a", "GET 0 - - x", strings.Repeat("n", 255), strings.Repeat("ü", 127),
	} {
		all[name] = "this is " + name + "\n"
	}
	s.join("node", s.folder("node", all))
	names := sorted(all)
	whole := ""
	for _, name := range names {
		whole += all[name]
	}
	literal := append([]string{"--"}, names...) // some begin with a dash, as flags do
	byArguments := s.fetch(nil, literal...)
	byArguments.Exits(0)
	s.printed(byArguments, whole)

	byPrompts := s.fetch(nil)
	for _, name := range names {
		byPrompts.Types(name)
	}
	byPrompts.CloseStdin()
	byPrompts.Exits(0)
	s.printed(byPrompts, whole)

	saves := s.fetch([]string{"-o", "."}, literal...)
	saves.Exits(0)
	for _, name := range names {
		assert.Equal(t, hashOf(all[name]), s.hashed(saves.Path(name)), name)
	}
	list := s.fetch([]string{"-list"})
	list.Exits(0)
	for _, name := range names {
		assert.Contains(t, output(list), " "+name+"\n")
	}
}

func TestFetchPrintsAnyContent(t *testing.T) {
	s := startSwarm(t)
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	all := files{
		"empty": "", "one byte": "\n", "no end": "no line end", "every byte": string(bytes), "zeros": strings.Repeat("\x00", 100_000),
		"reply":  "END -\nERR notfound no such file\nSEND 5 - 5\nhello\nEND " + hashOf("hello") + "\n",
		"noise":  noise(900_000, 7),
		"almost": noise(64<<10, 8), "exactly": noise(64<<10+1, 9),
	}
	s.join("node", s.folder("node", all))
	s.fetched("empty", "")
	prints, whole := s.fetch(nil, sorted(all)...), ""
	for _, name := range sorted(all) {
		whole += all[name]
	}
	prints.Exits(0)
	s.printed(prints, whole)
	saves := s.fetch([]string{"-o", "."}, sorted(all)...)
	saves.Exits(0)
	for name, content := range all {
		s.saved(saves, name, hashOf(content))
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
	s := startSwarm(t)
	dir := s.folder("node", files{"secret.txt": "a secret\n", "served/inside/a.txt": "A\n"})
	for link, to := range map[string]string{
		"out.txt": "../secret.txt", "absolute.txt": filepath.Join(dir, "secret.txt"), "in-a-container.txt": "/data/secret.txt", "up": "..", "root": "/",
	} {
		require.NoError(t, os.Symlink(to, filepath.Join(dir, "served", link)))
	}
	n := s.join("node", dir, "-dir", "served")
	s.fetched("inside/a.txt", "A\n")
	assert.Contains(t, s.fails(s.fetch(nil, "../secret.txt")), "../secret.txt")

	linked := []string{"out.txt", "absolute.txt", "in-a-container.txt", "up/secret.txt", "root/etc/passwd", "up", "root"}
	for _, name := range append(outsiders(dir), linked...) { // whoever may ask
		for _, request := range []string{"GET 0 - - ", "STAT ", "DIGEST 1 "} {
			said := asked(t, s, n.at, request+name)
			assert.True(t, strings.HasPrefix(said, "ERR "), "%s%s: %q", request, name, said)
		}
	}
	names := append(append([]string{"inside/a.txt"}, outsiders(dir)...), linked...)
	refused := s.fetch(nil, append(names, "inside/a.txt")...)
	refused.Exits(1)
	s.printed(refused, "A\nA\n")
	assert.GreaterOrEqual(t, len(refused.Stderr().Lines()), len(names)-1, "each is refused with a message")
	list := s.fetch([]string{"-list"})
	list.Exits(0)
	assert.NotContains(t, output(list), "secret")
	s.fetched("inside/a.txt", "A\n")
}

func TestFetchSavesNothingOutsideItsFolder(t *testing.T) {
	s := startSwarm(t)
	s.join("node", s.folder("node", files{"up/a.txt": "A\n", "a.txt": "A\n", "in/a.txt": "A\n"}))
	dir := s.folder("fetched", files{"into/in/b.txt": "B\n", "mine.txt": "mine\n"})
	for _, folder := range []string{"into", "into/in"} {
		require.NoError(t, os.Chmod(filepath.Join(dir, folder), 0o777)) // a container has its own user
	}
	require.NoError(t, os.Symlink("..", filepath.Join(dir, "into", "up")))
	require.NoError(t, os.Symlink("../mine.txt", filepath.Join(dir, "into", "a.txt")))
	for _, name := range []string{"up/a.txt", "a.txt", "../a.txt"} {
		assert.Contains(t, s.fails(s.fetchIn(dir, []string{"-o", "into"}, name)), name)
	}
	assert.NoFileExists(t, filepath.Join(dir, "a.txt"))
	assert.Equal(t, hashOf("mine\n"), s.hashed(filepath.Join(dir, "mine.txt")))
	s.fetchIn(dir, []string{"-o", "into"}, "in/a.txt").Exits(0)
	assert.Equal(t, hashOf("A\n"), s.hashed(filepath.Join(dir, "into", "in", "a.txt")))
}

func TestNodeIsNotHeldUpByWhatIsNoFile(t *testing.T) {
	s := startSwarm(t)
	dir := s.folder("odd", files{"folder/a.txt": "A\n", "b.txt": "B\n"})
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o666))
	require.NoError(t, os.Chmod(filepath.Join(dir, "fifo"), 0o666))
	socket, err := net.Listen("unix", filepath.Join(dir, "socket"))
	require.NoError(t, err)
	defer socket.Close()
	n := s.join("odd", dir)
	for _, name := range []string{"fifo", "socket", "folder"} {
		p := s.fetch(nil, name)
		p.ExitsWithin(specialTime, "specialTime", 1)
		assert.Contains(t, complaints(p), name)
		s.printed(p, "")
		assert.Contains(t, asked(t, s, n.at, "STAT "+name), "ERR notfound ")
	}
	list := s.fetch([]string{"-list"})
	list.ExitsWithin(specialTime, "specialTime", 0)
	assert.NotContains(t, output(list), "fifo")
	s.fetched("b.txt", "B\n")

	s.join("other", s.folder("other", files{"fifo": "no FIFO here\n"}))
	s.fetched("fifo", "no FIFO here\n")
}
