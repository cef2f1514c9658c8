package lab

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	bench "peerlab/lab"
)

// terminalFixture has the fixture run at a terminal.
func terminalFixture(t testing.TB) Option {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("programs run at a terminal on Linux only")
	}
	path, err := fixtureBinary()
	require.NoError(t, err)
	return Playing("fixture", "cmd:"+path)
}

func TestATerminalPassesEveryCharacter(t *testing.T) {
	p := New(t, terminalFixture(t)).Start(fixture("talker"))
	p.Types("tty")
	p.Sees("stdin true, stdout true, stderr false")
	p.Types("say grüße, 世界 \x03\x11\x13\x15\x16\x1a\x1c\x7f 🐍")
	p.Sees("grüße, 世界 \x03\x11\x13\x15\x16\x1a\x1c\x7f 🐍")
	p.Signal(syscall.SIGTERM)
	p.Exits(0)
}

// A program that does not read for a while loses none of what is typed.
func TestManyLinesAreTypedAtATerminal(t *testing.T) {
	l := New(t, terminalFixture(t))
	p := l.Start(fixture("reader"))
	p.Sees("ready ")
	long := strings.Repeat("x", bench.MaxTerminalLine-len("say "))
	p.Pause()
	p.Types(strings.TrimSuffix(strings.Repeat("say short\n", 200), "\n"))
	p.Resume()
	p.Types(strings.TrimSuffix(strings.Repeat("say short\n", 10_000), "\n"))
	p.Types("say " + long)
	p.Sees(long)
	assert.Equal(t, 10_200, p.Count("short"))
	out := watch(t, func(t testing.TB) {
		l := New(t, terminalFixture(t))
		l.Start(fixture("reader")).Types("say x" + long)
	})
	assert.Contains(t, out, "reader cannot be typed ")
	assert.Contains(t, out, "a terminal passes 4095 bytes of a line: run the program on pipes (cmd+pipe: in place of cmd:)\n")
}

// The end of input is typed as long after the last line as it may be.
func TestTheEndOfInputLongAfterALine(t *testing.T) {
	p := New(t, terminalFixture(t)).Start(fixture("reader"))
	p.Sees("ready ")
	const limit = 50 * time.Millisecond
	require.NoError(t, p.Process.Life().Type([]byte("say hello\n"), limit))
	typed := time.Now()
	p.Eventually("the limit is over", func() bool { return time.Since(typed) > limit })
	require.NoError(t, p.Process.Life().CloseInput())
	p.SeesInOrder("hello", "end of input")
}

// A child that outlives its program holds the terminal.
func TestAChildAtATerminal(t *testing.T) {
	l := New(t, terminalFixture(t))
	p := l.Start(fixture("parent"))
	p.Types("child")
	p.Contains("child ")
	p.Types("part the very last")
	p.Types("exit 3")
	p.Exits(3)
	assert.Equal(t, "the very last", p.Lines()[2].Text)
}
