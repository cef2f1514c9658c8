package lab

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A program in Python that never flushes, on pipes and at a terminal.
const neverFlushes = `python3 -c '
import sys
print("up", file=sys.stderr, flush=True)
print("ready")
for line in sys.stdin:
    print("got", line.strip())
    if line == "die\n":
        sys.exit(4)
'`

func TestAProgramThatDoesNotFlushIsNamed(t *testing.T) {
	Needs(t, "python3")
	t.Setenv("PYTHONUNBUFFERED", "")
	first := func(do func(p *Process)) string {
		out := watch(t, func(t testing.TB) {
			l := New(t, Playing("echo", "cmd+pipe:"+neverFlushes))
			p := l.Start(Spec{Name: "echo"})
			p.Stderr().Sees("up")
			do(p)
		})
		line, _, _ := strings.Cut(out, "\n")
		return line
	}
	assert.Equal(t, `echo did not show line "got hello" within 50ms, since its start; `+
		"it printed nothing until it exited: flush after each line, or run it on a terminal",
		first(func(p *Process) {
			p.Types("hello")
			p.Within(50 * time.Millisecond).Sees("got hello")
		}))
	assert.Equal(t, `echo exited with status 4 before it showed line "got more", since its start; `+
		"it printed nothing until it exited: flush after each line, or run it on a terminal",
		first(func(p *Process) {
			p.Types("hello")
			began := time.Now()
			p.Eventually("some time has passed", func() bool { return time.Since(began) > 2*exitBurst })
			p.Types("die")
			p.Sees("got more")
		}))

	p := New(t, Playing("echo", "cmd:"+neverFlushes)).Start(Spec{Name: "echo"})
	p.Types("hello")
	p.SeesInOrder("ready", "got hello")
	p.Types("die")
	p.Exits(4)
	p.Sees("got die")
}

// Some lines are flushed, as those behind which a prompt is.
func TestALineThatComesOnlyAtTheExitIsNamed(t *testing.T) {
	Needs(t, "python3")
	t.Setenv("PYTHONUNBUFFERED", "")
	const command = `python3 -c '
import sys
print("ready", flush=True)
for line in sys.stdin:
    print("got", line.strip())
'`
	out := watch(t, func(t testing.TB) {
		l := New(t, Playing("echo", "cmd+pipe:"+command))
		p := l.Start(Spec{Name: "echo"})
		p.Sees("ready")
		p.Types("hello")
		p.Within(50 * time.Millisecond).Sees("got hello")
	})
	assert.True(t, strings.HasPrefix(out, `echo did not show line "got hello" within 50ms, since its start; `+
		"it printed that only when it exited: flush after each line, or run it on a terminal\n"), out)
	assert.Contains(t, out, "got hello\n", "the report is of the time after that")
}
