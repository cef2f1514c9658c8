package lab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/network"
)

// A busy machine may come to a pipe only when outputDelay has passed: the
// program's last words are still in it, and a child holds the other end.
func TestLastWordsAreReadHoweverLate(t *testing.T) {
	var got bytes.Buffer
	o, end, err := newPipeOut(&got)
	require.NoError(t, err)
	defer end.Close()
	words := strings.Repeat("x", pipeSize)
	_, err = io.WriteString(end, words)
	require.NoError(t, err)
	require.NoError(t, o.pipe.SetReadDeadline(time.Unix(1, 0)))
	o.copy()
	assert.Equal(t, words, got.String())
}

// told is where a guard reads what it is told.
type told struct{ bytes.Buffer }

func (*told) Close() error { return nil }

func TestTheGuardKnowsOfAGroupAsLongAsItIsThere(t *testing.T) {
	var told told
	run := func(command string) (u *nativeUnit, pid int, screen string) {
		t.Helper()
		told.Reset()
		u = newNativeUnit([]string{"sh", "-c", command}, order{name: "sh", dir: t.TempDir()}, &Lab{network: network.Host(), bench: &Bench{guard: &guard{pipe: &told}}, byGroup: map[int]string{}})
		var out bytes.Buffer
		r, err := u.run(context.Background(), &out, io.Discard)
		require.NoError(t, err)
		status, err := r.wait()
		require.NoError(t, err)
		require.Equal(t, 3, status)
		pid, err = r.pid(context.Background())
		require.NoError(t, err)
		return u, pid, out.String()
	}
	u, pid, _ := run("exit 3")
	gone := fmt.Sprintf("+group %d\n-group %d\n", pid, pid)
	assert.Equal(t, gone, told.String(), "its number can be another's from now on")
	require.NoError(t, u.remove(context.Background()))
	assert.Equal(t, gone, told.String())

	u, pid, screen := run("sleep 1000 >/dev/null 2>&1 & echo $!; exit 3")
	assert.Equal(t, fmt.Sprintf("+group %d\n", pid), told.String(), "a child is left")
	child, err := strconv.Atoi(strings.TrimSpace(screen))
	require.NoError(t, err)
	assert.True(t, runs(child))
	require.NoError(t, u.remove(context.Background()))
	assert.Equal(t, fmt.Sprintf("+group %d\n-group %d\n", pid, pid), told.String())
	require.Eventually(t, func() bool { return !runs(child) }, 20*time.Second, time.Millisecond, "the child is gone")
}

// runs says whether a process is there, and is no zombie.
func runs(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}
