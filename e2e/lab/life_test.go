package lab

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// onBoth runs a test of a program on pipes, in a container if roles run there, and of one
// at a terminal.
func onBoth(t *testing.T, test func(t *testing.T, l *Lab)) {
	t.Run("pipes", func(t *testing.T) { test(t, New(t, anyFixture(t))) })
	t.Run("terminal", func(t *testing.T) { test(t, New(t, terminalFixture(t))) })
}

func TestAProgramIsTypedAtAndEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, l *Lab) {
		p := l.Start(fixture("talker", "with", "words"))
		p.Sees("ready with words")
		p.Types("say hello")
		p.SeesOnce("hello")
		p.Types("err trouble")
		p.Stderr().Sees("trouble")
		assert.Zero(t, p.Count("trouble"), "stdout and stderr come apart")
		p.TypesRaw([]byte("say in two "))
		p.TypesRaw([]byte("parts\n"))
		p.Sees("in two parts")
		p.Types("part a prompt: ")
		p.Types("exit 7")
		p.Exits(7)
		assert.False(t, p.Running())
		assert.True(t, p.Lines()[len(p.Lines())-1].Cut, "the prompt has no line end")
		assert.Len(t, p.Lines(), 4, "there is no echo")
		p.CloseStdin() // after its end that is no error
		assert.Error(t, p.Process.Life().Type([]byte("hello\n"), time.Second), "it has ended")
	})
}

func TestAnEndIsToldWhenAllIsRead(t *testing.T) {
	onBoth(t, func(t *testing.T, l *Lab) {
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
	})
}

func TestTheEndOfInputIsSeen(t *testing.T) {
	onBoth(t, func(t *testing.T, l *Lab) {
		for _, last := range []string{"", "say no line end"} {
			p := l.Start(fixture("reader" + last))
			p.Sees("ready ")
			p.TypesRaw([]byte(last))
			p.CloseStdin()
			p.Sees("end of input")
			assert.Equal(t, len(last) > 0, p.Count("no line end") == 1)
			assert.True(t, p.Running())
		}
	})
}

func TestSignals(t *testing.T) {
	l := New(t, anyFixture(t))
	ps := l.StartAll(fixture("gentle"), fixture("stubborn", "-stubborn"))
	for _, p := range ps {
		p.Sees("ready ")
		p.Signal(syscall.SIGTERM)
		p.Sees("SIGTERM")
	}
	ps[0].Exits(0)
	ps[1].Types("say still here")
	ps[1].Sees("still here")
	ps[1].Kill()
	ps[1].Exits(128 + int(syscall.SIGKILL))
}

func TestAPausedProgramDoesNothingUntilItIsResumed(t *testing.T) {
	onBoth(t, func(t *testing.T, l *Lab) {
		p := l.Start(fixture("sleeper"))
		p.Sees("ready ")
		p.Pause()
		p.Types("say awake")
		resumed := time.Now()
		p.Resume()
		assert.True(t, p.At("awake").After(resumed))
		p.Pause()
		p.Kill()
	})
}

func TestADiskIsFullForOneProcessUntilItIsFree(t *testing.T) {
	l := New(t, anyFixture(t))
	p := l.Start(fixture("writer"))
	p.Types("write note first")
	p.Types("read note")
	p.Sees("first")
	p.DiskFull()
	p.Types("write note second")
	p.Stderr().Contains("file too large")
	assert.True(t, p.Running())
	p.DiskFree()
	p.Types("write note third")
	p.Types("read note")
	p.Sees("third")
	assert.Zero(t, p.Count("second"))
}

func TestLivesAreAllThatIsKnownOfAProcess(t *testing.T) {
	l := New(t, anyFixture(t))
	p := l.Start(fixture("cat", "with"))
	p.Types("say one")
	p.Sees("one")
	p.Mark()
	p.Types("exit 3")
	p.Exits(3)
	p.Start()
	p.Types("err two")
	p.Stderr().Sees("two")
	lives := p.Lives()
	require.Len(t, lives, 2)
	assert.Equal(t, []string{"ready with", "one"}, []string{lives[0].Screen[0].Text, lives[0].Screen[1].Text})
	assert.Equal(t, 3, lives[0].Status)
	assert.False(t, lives[0].Ended.IsZero())
	assert.Equal(t, 2, lives[1].Number)
	assert.True(t, lives[1].Ended.IsZero())
	assert.Equal(t, "two", lives[1].Stderr[0].Text)
	assert.Zero(t, lives[1].Forgotten)
}

func TestARestartIsANewEpoch(t *testing.T) {
	l := New(t, anyFixture(t))
	p := l.Start(fixture("phoenix", "first"))
	p.Sees("ready first")
	p.Types("write note of the first")
	p.Types("say before")
	p.Sees("before")
	p.Restart()
	p.Sees("ready first")
	assert.Zero(t, p.Count("before"), "the screen begins anew")
	p.Types("exit 0")
	p.Exits(0)
	p.StartAs(fixture("phoenix", "second"))
	p.Sees("ready second")
	p.Types("read note")
	p.Sees("of the first")
	assert.Len(t, p.Lives(), 3)
	assert.WithinDuration(t, p.Started(), p.At("ready second"), 5*time.Second)
}

func TestAMarkHidesWhatWasBefore(t *testing.T) {
	l := New(t, anyFixture(t))
	p := l.Start(fixture("marked"))
	p.Types("say once")
	p.Sees("once")
	p.Mark()
	assert.Zero(t, p.Count("once"))
	p.Types("say twice")
	p.Types("say once")
	p.SeesInOrder("twice", "once")
	p.SeesOnce("once", "twice")
}

func TestFilesAreShared(t *testing.T) {
	l := New(t, anyFixture(t))
	dir := l.Dir("shared")
	a, b := fixture("a"), fixture("b")
	a.Dir, b.Dir = dir, dir
	ps := l.StartAll(a, b)
	ps[0].Types("write note from a")
	l.FileHolds(ps[1].Path("note"), "what a wrote", func(s string) bool { return s == "from a" })
	require.NoError(t, os.WriteFile(ps[0].Path("reply"), []byte("from the test"), 0o644))
	ps[1].Types("read reply")
	ps[1].Sees("from the test")
}

func TestAChildDoesNotOutliveItsTest(t *testing.T) {
	if InContainers() {
		t.Log("natively only, whatever PEERLAB_E2E says: a container ends with its first process")
	}
	var child int
	t.Run("test", func(t *testing.T) {
		l := New(t, nativeFixture(t))
		p := l.Start(fixture("parent"))
		p.Types("child")
		var err error
		child, err = strconv.Atoi(strings.TrimPrefix(p.Contains("child "), "child "))
		require.NoError(t, err)
		p.Types("exit 3")
		p.Exits(3) // though the child holds the outputs
	})
	New(t).Eventually("the child is gone", func() bool { return !runs(child) })
}

// runs says whether a process is there and not merely waited for.
func runs(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
