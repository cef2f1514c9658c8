package lab

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHowALineOfAForeignProgramMayEnd(t *testing.T) {
	l := New(t, nativeFixture(t))
	p := l.Start(fixture("talker"))
	p.Types("say Client 1: hello \t\r\r") // the fixture's reader takes one
	p.Types("say typed with a blank ")
	p.SeesInOrder("Client 1: hello", "typed with a blank ")
	p.SeesOnce("typed with a blank")
	assert.False(t, p.At("Client 1: hello").IsZero())
	f := l.Barrier(nil, []*Process{p})
	f.Exactly("ready", "Client 1: hello", "typed with a blank")
	f.Sequence("typed with", []string{" a blank "})
	p.Types("part the last")
	p.Types("exit 0")
	p.Exits(0)
	p.Sees("the last")
	assert.Equal(t, "Client 1: hello \t\r", p.Lines()[1].Text, "the record is of what it wrote")
	assert.Contains(t, l.report(p), "── talker, screen (stdout): 4 lines; exited with status 0; the last line has no line end; "+
		"blanks or a carriage return at the ends of 3 lines do not count ──")

	out := watch(t, func(t testing.TB) {
		p := New(t, nativeFixture(t)).Start(fixture("talker"))
		p.Sees("ready")
		p.Types("say  Client 1: hello")
		p.Within(50 * time.Millisecond).Sees("Client 1: hello")
	})
	assert.Contains(t, out, `shows " Client 1: hello"`, "blanks before a line count")
	assert.Contains(t, out, "blanks or a carriage return at the end of 1 line do not count")
}

func TestLinesOfTheProjectsOwnProgramsAreComparedByteForByte(t *testing.T) {
	own := func(t testing.TB) *Process {
		r, err := theRun()
		require.NoError(t, err)
		path, err := fixtureBinary()
		require.NoError(t, err)
		built := r.programs
		r.programs = func() (string, error) { return filepath.Dir(path), nil }
		t.Cleanup(func() { r.programs = built })
		return New(t, Natively()).Start(fixture("own"))
	}
	p := own(t)
	p.Types("say x ")
	p.Sees("x ")
	assert.Contains(t, watch(t, func(t testing.TB) {
		p := own(t)
		p.Types("say x ")
		p.Sees("x ")
		p.Within(50 * time.Millisecond).Sees("x")
	}), `shows "x "`)
}
