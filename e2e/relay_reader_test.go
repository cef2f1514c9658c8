package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// fetchCommand is how a shell starts fetch, with a pipe of its own behind it. Where
// the role is an image it is the repository's own.
func fetchCommand(t *testing.T) string {
	t.Helper()
	if kind, command, _ := strings.Cut(os.Getenv("PEERLAB_FETCH"), ":"); strings.HasPrefix(kind, "cmd") {
		return command
	}
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "fetch")
	build := exec.Command("go", "build", "-race", "-o", path, "./services/cmd/fetch")
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return "'" + path + "'"
}

// fetch | head: whoever reads has seen enough and goes away.
func TestFetchWhoseReaderGoesAway(t *testing.T) {
	s := startSwarm(t, lab.Playing("shell", "cmd+pipe:sh"))
	dir := s.folder("node", files{"small.txt": noiseText(500_000, 1)})
	s.random(filepath.Join(dir, "large.bin"), 20<<20, 1)
	s.join("node", dir)
	command := fetchCommand(t)
	for _, name := range []string{"small.txt", "large.bin"} {
		p := s.Start(lab.Spec{Name: "shell-" + name, Role: "shell", Args: []string{
			"-c", "{ " + command + ` "$@"; echo "status $?" >&2; } | head -c 10 | wc -c`, "sh", host(s.at), port(s.at), name,
		}})
		p.Exits(0)
		s.printed(p, "10\n")
		said := p.Stderr().Lines()
		assert.LessOrEqual(t, len(said), 2, "one line, or none: %s", complaints(p))
		assert.Contains(t, []string{"status 141", "status 1"}, said[len(said)-1].Text, "a signal says it, or fetch does")
	}
}

// Whoever reads is still there and has stopped reading. SIGTERM ends a fetch all the same.
func TestFetchThatNobodyReadsIsStopped(t *testing.T) {
	s := startSwarm(t, lab.Playing("shell", "cmd+pipe:sh"))
	s.join("node", s.folder("node", files{"small.txt": noiseText(500_000, 1)}))
	p := s.Start(lab.Spec{Name: "shell", Args: []string{
		"-c", `mkfifo pipe && exec 3<>pipe && { ` + fetchCommand(t) + ` "$@" >pipe & } && head -c 1 <&3 | wc -c && kill -TERM $! && wait $!; echo "status $?"`,
		"sh", host(s.at), port(s.at), "small.txt",
	}})
	p.ExitsWithin(specialTime, "specialTime", 0)
	s.printed(p, "1\nstatus 1\n")
	assert.Contains(t, complaints(p), `"small.txt": interrupted`)
}
