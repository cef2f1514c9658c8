package load

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/network"
)

// newTestGroup is a group on the host's network.
func newTestGroup(t *testing.T) *Group {
	t.Helper()
	g, err := newGroup(network.Host())
	require.NoError(t, err)
	t.Cleanup(g.close)
	return g
}

func (g *Group) shell(t *testing.T, script string) *Screen {
	t.Helper()
	s, err := g.Start("/bin/sh", "-c", script)
	require.NoError(t, err)
	return s
}

// pair starts a talker, and a screen that shows its lines through a filter.
func pair(t *testing.T, filter string) (*Group, Talker) {
	t.Helper()
	g, between := newTestGroup(t), filepath.Join(t.TempDir(), "between")
	require.NoError(t, syscall.Mkfifo(between, 0o600))
	talker := g.shell(t, "cat > "+between+"; :")
	g.shell(t, filter+" < "+between)
	return g, Talker{talker, len("you: ")}
}

const faithful = "exec sed -u 's/^/you: /'"

func TestTalkCountsWhatIsShown(t *testing.T) {
	g, talker := pair(t, faithful)
	n, u, err := g.Talk(t.Context(), []Talker{talker}, 64, 50*time.Millisecond)
	require.NoError(t, err)
	lines := g.Screens[1].Lines
	assert.Positive(t, n)
	assert.Equal(t, lines, n)
	assert.GreaterOrEqual(t, u.Seconds, 0.05)
	assert.Positive(t, min(u.CPU, u.Own, u.Peak))
	assert.Equal(t, ("you: " + string(Line(64)))[:68], string(g.Screens[1].first[:68]))
	again, _, err := g.Talk(t.Context(), []Talker{talker}, 1024, 50*time.Millisecond)
	assert.NoError(t, err)
	assert.Equal(t, g.Screens[1].Lines-lines, again)
}

// On a busy machine the time may be over before the first line is typed.
func TestTalkTypesAChunkAtLeast(t *testing.T) {
	g, talker := pair(t, faithful)
	n, _, err := g.Talk(t.Context(), []Talker{talker}, 64, 0)
	assert.NoError(t, err)
	assert.Equal(t, int64(chunkSize/64+1), n)
}

func TestTalkFailsWhenAScreenShowsAnythingElse(t *testing.T) {
	for name, filter := range map[string]string{
		"lines twice":       "exec sed -u 's/^/you: /;p'",
		"the first twice":   "exec sed -u 's/^/you: /;1p'",
		"another text":      "exec sed -u 's/^/you:  /'",
		"without its start": "exec cat",
	} {
		t.Run(name, func(t *testing.T) {
			g, talker := pair(t, filter)
			_, _, err := g.Talk(t.Context(), []Talker{talker}, 64, 20*time.Millisecond)
			assert.ErrorContains(t, err, "does not show what was typed")
		})
	}
}

func TestOneByOneMeasuresEachLine(t *testing.T) {
	g, talker := pair(t, faithful)
	latencies, u, err := g.OneByOne(t.Context(), talker, 64, 100)
	require.NoError(t, err)
	assert.Len(t, latencies, 100)
	sum := time.Duration(0)
	for _, d := range latencies {
		assert.Positive(t, d)
		sum += d
	}
	assert.LessOrEqual(t, sum.Seconds(), u.Seconds)
}

func TestUntilReportsTheProgress(t *testing.T) {
	g := newTestGroup(t)
	s := g.shell(t, "echo first; echo no port >&2; exec sleep 60")
	require.NoError(t, g.Until(t.Context(), 10*time.Second, func() bool { return s.Lines == 1 && s.Last() != "" }))
	err := g.Until(t.Context(), 10*time.Millisecond, func() bool { return false })
	assert.ErrorContains(t, err, `sh 0 has shown 1 lines, first "first\n"; its last line: "no port"`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, g.Until(ctx, time.Minute, func() bool { return false }), context.Canceled)
}

func TestAProgramThatEndsIsReported(t *testing.T) {
	g := newTestGroup(t)
	g.shell(t, "echo the port is in use >&2; exit 1")
	err := g.Until(t.Context(), 10*time.Second, func() bool { return false })
	assert.ErrorContains(t, err, "sh 0: it has closed its stdout; its last line: the port is in use")
}

func TestAKilledProgramLeavesTheGroup(t *testing.T) {
	g := newTestGroup(t)
	one, other := g.shell(t, "exec cat"), g.shell(t, "exec cat")
	one.Kill()
	require.NoError(t, other.Type([]byte("still here\n")))
	assert.NoError(t, g.Until(t.Context(), 10*time.Second, func() bool { return other.Lines == 1 }))
	assert.Equal(t, "still here\n", string(other.first))
	_, err := g.Measure(func() error { return nil })
	assert.NoError(t, err, "the clock of the killed program is not asked for")
}

func TestServeFailsWhenTheProgramEnds(t *testing.T) {
	g := newTestGroup(t)
	err := g.Serve(t.Context(), func() error { return fmt.Errorf("no answer") }, "/bin/sh", "-c", "echo usage >&2; exit 2")
	assert.ErrorContains(t, err, "sh 0: ended at once; its last line: usage")
	require.NoError(t, g.Serve(t.Context(), func() error { return nil }, "/bin/sleep", "60"))
	assert.Equal(t, "sleep 1", g.ProgramOf(g.Servers[1].PID()))
	assert.Equal(t, Self, g.ProgramOf(os.Getpid()))
}
