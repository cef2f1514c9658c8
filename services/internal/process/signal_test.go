package process

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// childRole is the environment variable that selects which program below this
// test binary runs as: signals and Main need a process of their own.
const childRole = "PEERLAB_TEST_CHILD"

const (
	exitsCleanly = "exits on a signal"
	leavesBadly  = "fails on the way"
	stays        = "does not leave"
	hangs        = "does not end its health check"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		Main(child(role))
	}
	goleak.VerifyTestMain(m)
}

func child(role string) Program {
	p := node()
	var given []string
	p.Check = func(args []string) error {
		given = args
		return nil
	}
	p.Health = func(context.Context) error {
		if role == hangs {
			fmt.Println("up")
			forever := make(chan os.Signal, 1)
			signal.Notify(forever, syscall.SIGUSR1)
			<-forever
		}
		return fmt.Errorf("%q", given)
	}
	p.Serve = func(ctx context.Context, p *Process) error {
		fmt.Fprintln(p.Console.Out, "up")
		<-ctx.Done()
		fmt.Fprintln(p.Console.Out, "leaving")
		switch role {
		case leavesBadly:
			return fmt.Errorf("the port is in use; choose another")
		case stays:
			select {}
		}
		return nil
	}
	return p
}

func TestASignalEndsServeCleanly(t *testing.T) {
	for _, test := range []struct {
		signal syscall.Signal
		role   string
		status int
	}{
		{syscall.SIGTERM, exitsCleanly, 0},
		{syscall.SIGINT, exitsCleanly, 0},
		{syscall.SIGTERM, leavesBadly, 1},
	} {
		t.Run(fmt.Sprint(test.signal, ", ", test.role), func(t *testing.T) {
			child, out := start(t, test.role, "node")
			require.NoError(t, child.Process.Signal(test.signal))
			require.True(t, out.Scan())
			assert.Equal(t, "leaving", out.Text())
			assert.False(t, out.Scan(), "%q", out.Text())
			_ = child.Wait() // the result is in child.ProcessState
			assert.Equal(t, test.status, child.ProcessState.ExitCode(), child.ProcessState)
		})
	}
}

func TestASecondSignalKills(t *testing.T) {
	child, out := start(t, stays, "node")
	require.NoError(t, child.Process.Signal(syscall.SIGTERM))
	require.True(t, out.Scan())
	require.Equal(t, "leaving", out.Text())

	ended := make(chan struct{})
	go func() {
		_ = child.Wait()
		close(ended)
	}()
	// The context of Serve may be cancelled before the first signal has been
	// handled completely.
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for running := true; running; {
		_ = child.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-ended:
			running = false
		case <-again.C:
		}
	}
	assert.Equal(t, syscall.SIGTERM, child.ProcessState.Sys().(syscall.WaitStatus).Signal())
}

// Without a limit, a program whose terminal took no output did not end: its last
// log line waited for the terminal.
func TestASignalEndsAProgramThatCannotEnd(t *testing.T) {
	child, out := start(t, stays, "node")
	began := time.Now()
	require.NoError(t, child.Process.Signal(syscall.SIGTERM))
	require.True(t, out.Scan())
	require.Equal(t, "leaving", out.Text())
	_ = child.Wait() // the result is in child.ProcessState
	assert.Equal(t, failed, child.ProcessState.ExitCode(), child.ProcessState)
	assert.Greater(t, time.Since(began), endLimit)
}
