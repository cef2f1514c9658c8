package proc

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shell starts a script that is ended with the test.
func shell(t *testing.T, script string) *Process {
	t.Helper()
	p, err := Start("script", nil, nil, "/bin/sh", "-c", script)
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	return p
}

var errNotYet = errors.New("not yet")

func TestAProcessIsMeasuredAndStopped(t *testing.T) {
	p := shell(t, "while :; do :; done")
	require.NoError(t, p.Ready(t.Context(), func() error {
		if cpu, err := p.CPU(); err != nil || cpu < 10*time.Millisecond {
			return errors.Join(errNotYet, err)
		}
		return nil
	}))
	now, err := p.Memory()
	require.NoError(t, err)
	peak, err := p.PeakMemory()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, peak, now)
	assert.Greater(t, now, int64(100<<10))
	p.Stop()
	assert.True(t, p.ends(time.Minute))
	_, err = p.CPU()
	assert.Error(t, err, "a process that has ended has no clock")
}

func TestChildrenCount(t *testing.T) {
	p := shell(t, "while :; do :; done & wait")
	require.NoError(t, p.Ready(t.Context(), func() error {
		if cpu, err := p.CPU(); err != nil || cpu < 100*time.Millisecond {
			return errors.Join(errNotYet, err)
		}
		return nil
	}), "the parent itself sleeps")
	children, err := p.sum(func(int) (int64, error) { return 1, nil })
	require.NoError(t, err)
	assert.Equal(t, int64(2), children)
}

func TestAProcessThatEndsAtOnceIsReported(t *testing.T) {
	p := shell(t, "echo port 7001 is in use >&2; exit 1")
	err := p.Ready(t.Context(), func() error { return errNotYet })
	assert.ErrorContains(t, err, "script: ended at once; its last line: port 7001 is in use")
}

func TestReadyEndsWithItsContext(t *testing.T) {
	p := shell(t, "exec sleep 60")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, p.Ready(ctx, func() error { return errNotYet }), errNotYet)
}

func TestBytesOf(t *testing.T) {
	status := "VmPeak:\t 1226740 kB\nVmHWM:\t    5768 kB\nVmRSS:\t  5700 kB\n"
	for field, want := range map[string]int64{"VmHWM": 5768 << 10, "VmRSS": 5700 << 10} {
		got, err := bytesOf(status, field)
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := bytesOf("Name: kthreadd\n", "VmHWM")
	assert.Error(t, err, "a process of the kernel has no memory")
}

func TestTailKeepsTheEnd(t *testing.T) {
	var out tail
	for range 1000 {
		_, _ = out.Write([]byte("a line that is of no use any more\n"))
	}
	_, _ = out.Write([]byte("the last one\n\n"))
	assert.Equal(t, "the last one", out.last())
	assert.LessOrEqual(t, len(out.end), tailBytes)
}

func TestFindNamesThePackage(t *testing.T) {
	_, err := Find("no-such-program-here", "its-package")
	assert.ErrorContains(t, err, "apt-get install its-package")
	path, err := Find("sh", "dash")
	assert.NoError(t, err)
	assert.NotEmpty(t, path)
}
