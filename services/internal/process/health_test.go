package process

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAHealthCheckHasTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := node()
		p.Health = func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		began := time.Now()
		require.ErrorIs(t, p.checkHealth(), context.DeadlineExceeded)
		assert.Equal(t, healthTimeout, time.Since(began))
	})
}

func TestHealthNamesTheReason(t *testing.T) {
	unresponsive := errors.New("no answer")
	err := failing(nil, nil, unresponsive).checkHealth()
	require.ErrorIs(t, err, unresponsive)
	assert.EqualError(t, err, "unhealthy: no answer")
}

// start runs this test binary as the program that child selects, under another
// name and with arguments, and returns once it has printed "up".
func start(t *testing.T, role string, argv ...string) (child *exec.Cmd, out *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return startFile(t, self, role, argv...)
}

func startFile(t *testing.T, exe, role string, argv ...string) (child *exec.Cmd, out *bufio.Scanner) {
	t.Helper()
	child = &exec.Cmd{Path: exe, Args: argv, Env: append(os.Environ(), childRole+"="+role), Stderr: os.Stderr}
	pipe, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	limit := time.AfterFunc(time.Minute, func() { _ = child.Process.Kill() }) // ends every wait for it
	t.Cleanup(func() {
		limit.Stop()
		_ = child.Process.Kill() // it may have ended
		_ = child.Wait()
	})
	out = bufio.NewScanner(pipe)
	require.True(t, out.Scan(), "the program exited before it printed up")
	require.Equal(t, "up", out.Text())
	return child, out
}

// executable returns a copy of this test binary that no process runs.
func executable(t *testing.T) string {
	t.Helper()
	self, err := os.ReadFile("/proc/self/exe")
	if os.IsNotExist(err) {
		t.Skip("-health without arguments needs /proc")
	}
	require.NoError(t, err)
	exe := filepath.Join(t.TempDir(), "node")
	require.NoError(t, os.WriteFile(exe, self, 0o700))
	return exe
}

// check runs an executable with -health as its only argument and returns its
// stderr. It requires status 1: all programs of the tests fail their check.
func check(t *testing.T, exe string) string {
	t.Helper()
	check := exec.Command(exe, "-health")
	check.Env = append(os.Environ(), childRole+"="+exitsCleanly)
	text, err := check.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, failed, exit.ExitCode())
	return string(text)
}

func TestHealthUsesTheArgumentsOfTheRunningProcess(t *testing.T) {
	for name, test := range map[string]struct {
		argv []string
		want string
	}{
		"none":               {[]string{"node"}, "[]"},
		"some":               {[]string{"node", "-listen", "127.0.0.1:4000", "x"}, `["x"]`},
		"a flag last":        {[]string{"node", "x", "-v"}, `["x"]`},
		"by its path":        {[]string{"/node", "x"}, `["x"]`},
		"by another name":    {[]string{"server", "x"}, `["x"]`},
		"empty ones":         {[]string{"node", "", "a", ""}, `["" "a" ""]`},
		"an empty one alone": {[]string{"node", ""}, `[""]`},
		"spaces":             {[]string{"node", "a b", "\n"}, `["a b" "\n"]`},
		"behind --":          {[]string{"node", "--", "-listen"}, `["-listen"]`},
	} {
		t.Run(name, func(t *testing.T) {
			exe := executable(t)
			startFile(t, exe, exitsCleanly, test.argv...)
			assert.Equal(t, "node: unhealthy: "+test.want+"\n", check(t, exe))
		})
	}
}

// Fault B9: under docker-init process 1 is another program, and the check used
// the default address.
func TestHealthFindsTheChildOfAnInit(t *testing.T) {
	exe := executable(t)
	init := &exec.Cmd{ // a shell that stays, as an init does
		Path: "/bin/sh", Args: []string{"/node", "-c", `"$0" x y & wait`, exe},
		Env: append(os.Environ(), childRole+"="+exitsCleanly), Stderr: os.Stderr, SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	out, err := init.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, init.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-init.Process.Pid, syscall.SIGKILL) // it may have ended
		_ = init.Wait()
	})
	up := bufio.NewScanner(out)
	require.True(t, up.Scan(), "the program exited before it printed up")
	assert.Equal(t, `node: unhealthy: ["x" "y"]`+"\n", check(t, exe))
}

// Fault B9: if no process ran the program, a check without arguments used the
// default address.
func TestHealthWithoutArgumentsNeedsOneProcess(t *testing.T) {
	exe := executable(t)
	assert.Equal(t, "node: unhealthy: no node is running here\n", check(t, exe))

	startFile(t, exe, exitsCleanly, "node", "a")
	startFile(t, exe, exitsCleanly, "node", "b")
	assert.Equal(t, "node: unhealthy: 2 processes run node here; add the arguments of the process to check: node -health ARGUMENTS\n",
		check(t, exe))
}

func TestHealthChecksIgnoreEachOther(t *testing.T) {
	exe := executable(t)
	startFile(t, exe, hangs, "node", "-health", "x")
	assert.Equal(t, "node: unhealthy: no node is running here\n", check(t, exe))
}
