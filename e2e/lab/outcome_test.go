package lab

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	bench "peerlab/lab"
)

// soon is how long a report of an exit may take on a busy machine; the waits
// that it must not take are of lineTimeout or lookTimeout.
const soon = 10 * time.Second

// Fault U14: a wait for a port, a file or a screen went on for 20 s after the
// process had exited, and the message did not say that it had.
func TestAnExitEndsEveryWaitForTheProcess(t *testing.T) {
	exits := func(name, text string, wait func(l *Lab, p *Process)) {
		t.Run(name, func(t *testing.T) {
			var began time.Time
			out := watch(t, func(t testing.TB) {
				l := New(t, anyFixture(t))
				p := l.Start(fixture("talker", "with words"))
				p.Sees("ready with words")
				p.Types("say last words")
				p.Types("err no such port")
				p.Types("exit 4")
				p.Exits(4)
				began = time.Now()
				wait(l, p)
			})
			assert.Less(t, time.Since(began), soon)
			assert.Contains(t, out, text)
			assert.Contains(t, out, "'with words'", "the command line")
			assert.Contains(t, out, "last words\n")
			assert.Contains(t, out, "no such port\n")
			assert.Regexp(t, `play it again: .*make e2e(-native)? IN=lab RUN=TestAnExitEndsEveryWaitForTheProcess`, out)
		})
	}
	exits("port", `talker exited with status 4 before it listened at 127.0.0.1:1; its stderr says "no such port"`+"\n",
		func(_ *Lab, p *Process) { p.Listens("127.0.0.1:1") })
	exits("file", `talker exited with status 4 before this was so: client 1 is registered (the file `,
		func(l *Lab, p *Process) {
			l.FileHolds(p.Path("clients.txt"), "client 1 is registered", func(string) bool { return false })
		})
	exits("state", `talker exited with status 4 before this was so: it is listed; its stderr says "no such port"`+"\n",
		func(_ *Lab, p *Process) { p.Eventually("it is listed", func() bool { return false }) })
	exits("screen", `talker exited with status 4 before it showed line "hello"`,
		func(_ *Lab, p *Process) { p.Sees("hello") })
	exits("standard input", `talker exited with status 4 before the scenario could type "hello"`,
		func(_ *Lab, p *Process) { p.Types("hello") })
	exits("signal", "talker exited with status 4 before the scenario came to do this to it: pause",
		func(_ *Lab, p *Process) { p.Pause() })
	exits("screen of another", `talker exited with status 4 while other was expected to show line "Client 1: hello"`,
		func(l *Lab, p *Process) {
			other := l.Start(fixture("other"))
			other.While(p).Sees("Client 1: hello")
		})
	exits("barrier", `talker exited with status 4 while other was expected to show the check line "barrier-`,
		func(l *Lab, p *Process) {
			other := l.Start(fixture("other"))
			l.awaitCheckLines(map[string]*Process{"barrier-x": p}, []*Process{other})
		})
}

// A crash was found only by what another process did not show 20 s later.
func TestACrashIsNamedWhereItIsFound(t *testing.T) {
	crash := func(wait func(l *Lab, other *Process)) string {
		return watch(t, func(t testing.TB) {
			l := New(t, anyFixture(t))
			p, other := l.Start(fixture("talker")), l.Start(fixture("other"))
			other.Sees("ready ")
			p.Types("exit 4")
			p.Eventually("it has exited", func() bool { return !p.Running() })
			wait(l, other)
		})
	}
	assert.Regexp(t, `^other did not show line "hello" within 50ms, since its start; talker exited with status 4 by itself at [0-9.]+s\n`,
		crash(func(_ *Lab, other *Process) { other.Within(50 * time.Millisecond).Sees("hello") }))
	assert.Regexp(t, `^talker exited with status 4 by itself at [0-9.]+s: it should run until the scenario ends it\n── talker`,
		crash(func(l *Lab, other *Process) { l.Among(other) }))
}

func TestAnExitThatIsMeantIsNoCrash(t *testing.T) {
	l := New(t, anyFixture(t))
	ps := l.StartAll(fixture("killed"), fixture("asserted"), fixture("ends"), fixture("runs"))
	for _, p := range ps {
		p.Sees("ready ")
	}
	ps[0].Kill()
	ps[1].Types("exit 4")
	ps[1].Exits(4)
	ps[2].Types("exit 0")
	ps[2].Eventually("it has exited", func() bool { return !ps[2].Running() })
	ps[3].Pause()
	ps[3].Resume()
	assert.Empty(t, l.crashed())
	ps[3].Types("exit 1")
	ps[3].Eventually("it has exited", func() bool { return !ps[3].Running() })
	assert.Equal(t, ps[3:], l.crashed())
}

// The exit comes while the wait goes on, and nothing else does.
func TestAnExitWakesWaits(t *testing.T) {
	began := time.Now()
	out := watch(t, func(t testing.TB) {
		l := New(t, anyFixture(t))
		p, other := l.Start(fixture("talker")), l.Start(fixture("other"))
		other.Sees("ready ")
		p.Types("exit 4")
		other.While(p).Sees("hello")
	})
	assert.Less(t, time.Since(began), soon)
	assert.Contains(t, out, `talker exited with status 4 while other was expected to show line "hello"`)
}

// A program that listens elsewhere is told where.
func TestAWaitForAPortSaysWhereTheProcessListens(t *testing.T) {
	if runtime.GOOS != "linux" || InContainers() {
		t.Skip("the sockets of another process are seen on Linux only, and of another user's by root only")
	}
	l := New(t, anyFixture(t))
	address := l.Address()
	hub := l.Start(fixture("hub", "-hub", address))
	hub.Listens(address)
	assert.Empty(t, hub.notListeningAt(address))
	assert.Equal(t, "hub listens at "+address+", and should at 127.0.0.1:1, as its command line says", hub.notListeningAt("127.0.0.1:1"))
	idle := l.Start(fixture("idle"))
	assert.Equal(t, "idle has no socket that listens: call bind and listen at the start, before it connects or reads its input", idle.notListeningAt(address))
}

func TestAConditionThatHoldsAtTheExitIsMet(t *testing.T) {
	l := New(t, anyFixture(t))
	p := l.Start(fixture("writer"))
	p.Types("write note done")
	p.Types("exit 0")
	p.Exits(0)
	l.FileHolds(p.Path("note"), "what it wrote before its exit", func(s string) bool { return s == "done" })
}

func TestHintsNameWhatIsNearlyRight(t *testing.T) {
	hint := func(name, want string, do func(p *Process)) {
		t.Run(name, func(t *testing.T) {
			out := watch(t, func(t testing.TB) {
				l := New(t, anyFixture(t))
				p := l.Start(fixture("talker"))
				p.Sees("ready ")
				do(p)
				p.Types("say end")
				p.Sees("end")
				p.Within(50 * time.Millisecond).Sees("Client 1: initiated.")
			})
			assert.Contains(t, out, want)
		})
	}
	hint("punctuation", `; talker shows "Client 1: initiated", which is not the same: every character counts`,
		func(p *Process) { p.Types("say Client 1: initiated") })
	hint("prompt", `; talker shows "> Client 1: initiated.", which has it in it: nothing else may be on the line`,
		func(p *Process) { p.Types("say > Client 1: initiated.") })
	hint("stderr", `; talker writes "Client 1: initiated." to its stderr, and it belongs on its screen (stdout)`,
		func(p *Process) { p.Types("err Client 1: initiated."); p.Stderr().Sees("Client 1: initiated.") })
	hint("too early", `; talker showed "Client 1: initiated." earlier, but it is expected again`,
		func(p *Process) { p.Types("say Client 1: initiated."); p.Sees("Client 1: initiated."); p.Mark() })

	assert.Equal(t, `shows "done" without a line end: print "\n" behind each line`, nearLine("done", bench.View{Partial: "done"}, 0))
	assert.Equal(t, `shows "done" with a carriage return ("\r") behind it: print "\n" alone`,
		nearLine("done", bench.View{Lines: []Line{{Text: "done\r"}}, Next: 1}, 0))
	assert.Empty(t, nearLine("done", bench.View{Lines: []Line{{Text: "do"}}, Next: 1}, 0))
}

// Fault B4: output that is held in a buffer looked like a program that does nothing.
func TestASilentProgramMayHoldItsOutputInABuffer(t *testing.T) {
	silent := func(l *Lab) {
		p := l.Start(Spec{Name: "silent", Role: "fixture", Args: []string{"-sleep"}})
		p.Within(50 * time.Millisecond).Sees("hello")
	}
	const hint = "; silent printed nothing: if it is written in C, Python or Java its output may be held in a buffer; flush after each line"
	assert.Contains(t, watch(t, func(t testing.TB) { silent(New(t, nativeFixture(t))) }), hint)

	path, err := fixtureBinary()
	require.NoError(t, err)
	r, err := theRun()
	require.NoError(t, err)
	own := watch(t, func(t testing.TB) {
		built := r.programs
		r.programs = func() (string, error) { return filepath.Dir(path), nil }
		t.Cleanup(func() { r.programs = built })
		silent(New(t, Natively()))
	})
	assert.NotContains(t, own, "printed nothing", "the project's own programs flush")
	talks := watch(t, func(t testing.TB) {
		l := New(t, nativeFixture(t))
		p := l.Start(fixture("talker"))
		p.Sees("ready ")
		p.Within(50 * time.Millisecond).Sees("hello")
	})
	assert.NotContains(t, talks, "printed nothing", "it has printed something")
}

func TestWhatCannotBeStartedSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	for _, c := range []struct{ command, want, remedy string }{
		{"no-such-program", "cannot start it: ", "install it, or give the path"},
		{filepath.Join(dir, "gone"), "no such file", "is the path right"},
		{write("plain.py", "print(1)\n", 0o644), "permission denied", "chmod +x"},
		{write("bare", "print(1)\n", 0o755), "exec format error", "#!/usr/bin/env python3"},
	} {
		out := watch(t, func(t testing.TB) { New(t, Playing("it", "cmd:"+c.command)).Start(Spec{Name: "it"}) })
		assert.Contains(t, out, c.want)
		assert.Contains(t, out, c.remedy)
	}
}

func TestTheCommandThatPlaysATestAgain(t *testing.T) {
	t.Setenv("PEERLAB_SERVER", "cmd:python3 'my server.py'")
	t.Setenv("PEERLAB_ARTIFACTS", "artifacts")
	l := New(t)
	assert.Regexp(t, `^(PEERLAB_[A-Z0-9_]+=\S+ )*PEERLAB_SERVER='cmd:python3 '\\''my server.py'\\''' (PEERLAB_[A-Z0-9_]+=\S+ )*make e2e(-native)? IN=lab RUN=TestTheCommandThatPlaysATestAgain$`, l.again())
	l.Replay("make chaos SEED=7")
	assert.Regexp(t, ` make chaos SEED=7$`, l.again())
	t.Setenv("PEERLAB_SERVER", "cmd:python3 /tmp/copy/server.py")
	t.Setenv("PEERLAB_ORIGINAL", `{"Copy":"/tmp/copy","Folder":"/ada","Before":"(cd /ada && make) && "}`)
	assert.Regexp(t, `^\(cd /ada && make\) && (PEERLAB_[A-Z0-9_]+=\S+ )*PEERLAB_SERVER='cmd:python3 /ada/server.py' (PEERLAB_[A-Z0-9_]+=\S+ )*make chaos SEED=7$`, l.again())
}
