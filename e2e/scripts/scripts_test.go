package scripts

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// scriptTimeout is for one script to finish that builds nothing.
const scriptTimeout = 2 * time.Minute

// scripted runs the repository's scripts with programs that the test puts in
// front of PATH, such as a fake docker.
type scripted struct {
	t   *testing.T
	dir string // a temporary folder; its name has a blank
	env []string
}

// result is what a script printed, and its exit status.
type result struct {
	status         int
	stdout, stderr string
}

// newScripted prepares a test that runs beside others.
func newScripted(t *testing.T) *scripted {
	t.Helper()
	lab.Parallel(t)
	return scriptedAlone(t)
}

func scriptedAlone(t *testing.T) *scripted {
	t.Helper()
	s := &scripted{t: t, dir: filepath.Join(t.TempDir(), "a b")}
	require.NoError(t, os.Mkdir(s.dir, 0o755))
	// The scripts promise to run with bash 3.2, which lacks these builtins.
	old := s.file("bash32", "enable -n mapfile readarray\n", 0o644)
	s.env = append(inherited(), "BASH_ENV="+old, "PATH="+s.dir+":"+os.Getenv("PATH"), "TMPDIR="+s.dir)
	return s
}

// inherited is the environment without what a person chooses by it: the tests
// may run under a make that has variables of its own.
func inherited() []string {
	chosen := []string{
		"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "RUN", "IN", "COUNT", "TIMEOUT", "FUZZTIME", "ROWS", "SEED", "ROUNDS",
		"DURATION", "AT_ONCE", "E2E", "V", "T", "SERVER", "CLIENT", "CDPATH", "DOCKER_HOST", "DOCKER_CONTEXT", "TMUX", "NODE_USER",
	}
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(chosen, name) || strings.HasPrefix(name, "PEERLAB_") || strings.HasPrefix(name, "COMPOSE_")
	})
}

// file writes a file into the folder and returns its path.
func (s *scripted) file(name, content string, mode os.FileMode) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	require.NoError(s.t, os.WriteFile(path, []byte(content), mode))
	return path
}

// docker puts a fake docker in front of PATH. The answers are branches of a
// shell's case statement over all arguments, which they find in $*; a call that
// no branch matches prints nothing and succeeds.
func (s *scripted) docker(answers string) {
	s.t.Helper()
	s.file("docker", "#!/bin/sh\necho \"$*\" >>'"+s.dir+"/calls'\ncase \"$*\" in\n"+answers+"\nesac\n", 0o755)
}

// calls returns the arguments of each call of the fake docker.
func (s *scripted) calls() []string {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, "calls"))
	require.NoError(s.t, err)
	return strings.Split(strings.TrimSpace(string(content)), "\n")
}

// runs runs a script of scripts/ to its end.
func (s *scripted) runs(name string, args ...string) result {
	s.t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "scripts", name))
	require.NoError(s.t, err)
	return s.command(s.dir, append([]string{path}, args...)...)
}

// command runs a command in a folder to its end.
func (s *scripted) command(folder string, words ...string) result {
	s.t.Helper()
	return s.within(scriptTimeout, folder, words...)
}

// within is command with a time limit of its own.
func (s *scripted) within(limit time.Duration, folder string, words ...string) result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir, cmd.Env = folder, s.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second // a program that the script left may hold the pipes
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err := cmd.Run()
	if _, ok := err.(*exec.ExitError); !ok {
		require.NoError(s.t, err, "%s:\n%s", strings.Join(words, " "), stderr.String())
	}
	require.NoError(s.t, ctx.Err(), "%s:\n%s", strings.Join(words, " "), stderr.String())
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// makes runs make in the root of the repository.
func (s *scripted) makes(args ...string) result {
	s.t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(s.t, err)
	return s.command(root, append([]string{"make"}, args...)...)
}

// copies copies files and folders of the repository into a folder of the
// test's and returns that.
func (s *scripted) copies(names ...string) string {
	s.t.Helper()
	root := filepath.Join(s.dir, "root")
	require.NoError(s.t, os.MkdirAll(root, 0o755))
	for _, name := range names {
		r := s.command(filepath.Join("..", ".."), "cp", "-R", name, root)
		require.Equal(s.t, 0, r.status, r.stderr)
	}
	return root
}
