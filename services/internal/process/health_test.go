package process

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
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

func TestHealthSaysWhatIsWrong(t *testing.T) {
	deaf := errors.New("nobody answers")
	err := failing(nil, nil, deaf).checkHealth()
	require.ErrorIs(t, err, deaf)
	assert.EqualError(t, err, "not well: nobody answers")
}

// start starts this test binary as the program that child plays, under another
// name and with arguments, and returns it once it has said that it is up.
func start(t *testing.T, role string, argv ...string) (child *exec.Cmd, out *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	child = &exec.Cmd{Path: self, Args: argv, Env: append(os.Environ(), childRole+"="+role), Stderr: os.Stderr}
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
	require.True(t, out.Scan(), "it ended before it was up")
	require.Equal(t, "up", out.Text())
	return child, out
}

func TestArgumentsOf(t *testing.T) {
	for name, argv := range map[string][]string{
		"none":               {"node"},
		"some":               {"node", "-listen", "127.0.0.1:4000", "x"},
		"by its path":        {"/node", "-v"},
		"empty ones":         {"node", "", "a", ""},
		"an empty one alone": {"node", ""},
		"spaces":             {"node", "a b", "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			child, _ := start(t, leavesWell, argv...)
			got := argumentsOf(child.Process.Pid, "node")
			assert.Equal(t, argv[1:], append([]string{}, got...))
			assert.Nil(t, argumentsOf(child.Process.Pid, "server"), "it is another program")
		})
	}
}

func TestArgumentsOfWhoCannotBeAsked(t *testing.T) {
	assert.Nil(t, argumentsOf(os.Getpid(), "process.test"), "oneself")
	assert.Nil(t, argumentsOf(1<<30, "node"), "nobody")
	assert.Nil(t, argumentsOf(2, "node"), "a kernel thread, which has none, or another program")
	assert.Nil(t, argumentsOf(2, ""), "the same")
}

// Outside of a container process 1 is another program, and -health by itself is
// judged like any other call.
func TestHealthOfNobody(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(self, "-health")
	child.Env = append(os.Environ(), childRole+"="+wantsArgument)
	text, err := child.CombinedOutput()
	var status *exec.ExitError
	require.ErrorAs(t, err, &status)
	assert.Equal(t, 2, status.ExitCode())
	assert.Equal(t, "node: 0 arguments, not one (node -h shows how it is used)\n", string(text))
}
