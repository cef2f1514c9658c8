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

func TestAProgramAtATerminal(t *testing.T) {
	l := New(t, terminalFixture(t))
	p := l.Start(fixture("talker", "with words"))
	p.Sees("ready with words")
	p.Types("tty")
	p.Sees("stdin true, stdout true, stderr false")
	p.Types("say grüße, 世界 \x03\x11\x13\x15\x16\x1a\x1c\x7f 🐍")
	p.Sees("grüße, 世界 \x03\x11\x13\x15\x16\x1a\x1c\x7f 🐍")
	assert.Len(t, p.Lines(), 3, "there is no echo")
	p.Types("err trouble")
	p.Stderr().Sees("trouble")
	p.TypesRaw([]byte("say in two "))
	p.TypesRaw([]byte("parts\n"))
	p.Sees("in two parts")
	p.Types("part a prompt: ")
	p.Prompts("a prompt: ")
	p.Signal(syscall.SIGTERM)
	p.Exits(0)
	assert.False(t, p.Running())
}

func TestNothingIsLostAtTheEndOfAProgramAtATerminal(t *testing.T) {
	l := New(t, terminalFixture(t))
	p := l.Start(fixture("talker"))
	for range 20 {
		p.Types("flood 3000")
		p.Types("err trouble")
		p.Types("part the very last")
		p.Types("exit 5")
		p.Exits(5)
		require.Len(t, p.Lines(), 3002)
		assert.Equal(t, "the very last", p.Lines()[3001].Text)
		assert.True(t, p.Lines()[3001].Cut)
		assert.Equal(t, 1, p.Stderr().Count("trouble"))
		p.Start()
	}
	p.Types("flood 2000")
	p.Kill()
	p.Exits(128 + int(syscall.SIGKILL))
}

func TestCtrlDIsTheEndOfInputAtATerminal(t *testing.T) {
	l := New(t, terminalFixture(t))
	for _, last := range []string{"", "say no line end"} {
		p := l.Start(fixture("reader" + last))
		p.Sees("ready ")
		p.TypesRaw([]byte(last))
		p.CloseStdin()
		p.Sees("end of input")
		assert.Equal(t, len(last) > 0, p.Count("no line end") == 1)
		assert.True(t, p.Running())
	}
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

func TestAPausedProgramAtATerminal(t *testing.T) {
	l := New(t, terminalFixture(t))
	p := l.Start(fixture("sleeper"))
	p.Sees("ready ")
	p.Pause()
	p.Types("say awake")
	p.Resume()
	p.Sees("awake")
	p.Types("exit 3")
	p.Exits(3)
	p.CloseStdin() // after its end that is no error
	out := watch(t, func(t testing.TB) {
		l := New(t, terminalFixture(t))
		p := l.Start(fixture("talker"))
		p.Types("exit 4")
		p.Exits(4)
		p.Types("hello")
	})
	assert.Contains(t, out, `talker exited with status 4 before the scenario could type "hello"`)
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
