package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAMissingLineIsReported(t *testing.T) {
	out := watch(t, func(t testing.TB) {
		l := New(t, anyFixture(t))
		p, q := l.Start(fixture("talker", "up")), l.Start(fixture("other", "up"))
		p.Types("flood 30")
		p.Types("err trouble")
		p.Stderr().Sees("trouble")
		p.Sees("flood 30")
		q.Sees("ready up")
		q.Types("part half a line")
		q.Eventually("half a line is there", func() bool { return q.output().Since(0).Partial == "half a line" })
		l.Note("the weather", "turns")
		l.Keep("replay.txt", "again: ")
		l.Keep("replay.txt", "do it again\n")
		p.Within(50*time.Millisecond).Sees("flood 30", "flood 31")
	})
	assert.Contains(t, out, "talker did not show line \"flood 31\" within 50ms, since its start\n")
	assert.Contains(t, out, "── talker, screen (stdout): 31 lines; still runs ──")
	assert.Contains(t, out, "flood 11\n", "the last 20 lines")
	assert.NotContains(t, out, "flood 10\n")
	assert.Contains(t, out, "── talker, stderr: 1 line; still runs ──")
	assert.Contains(t, out, "── other, screen (stdout): 1 line; still runs; the last line has no line end ──")
	assert.Contains(t, out, "half a line")
	assert.Equal(t, 1, strings.Count(out, "all screens, and a timeline: "), "once is enough:\n%s", out)

	_, dir, _ := strings.Cut(out, "all screens, and a timeline: ")
	dir, _, _ = strings.Cut(dir, "\n")
	assert.Equal(t, t.Name(), filepath.Base(dir))
	for file, want := range map[string]string{
		"talker.1.screen.txt": "ready up\nflood 1\nflood 2\n",
		"talker.1.stderr.txt": "trouble\n",
		"other.1.screen.txt":  "ready up\nhalf a line",
		"timeline.txt":        "talker  typed \"flood 30\"\n",
		"replay.txt":          "do it again\n",
		"events.jsonl":        `"kind":"typed","process":"talker","life":1,"text":"flood 30"`,
		"evidence.html":       "<mark class=\"missing\">✗ missing: flood 31</mark>",
	} {
		content, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		assert.Contains(t, string(content), want, file)
	}
	assert.Contains(t, out, "why, with a diagram: "+filepath.Join(dir, "evidence.html")+"\n")
	record, err := os.ReadFile(filepath.Join(dir, "events.jsonl"))
	require.NoError(t, err)
	assert.Contains(t, string(record), `"kind":"failed","process":"talker","life":1,"text":"talker did not show line \"flood 31\" within 50ms`)
}

func TestWhatElseIsReported(t *testing.T) {
	ask := func(name, want string, test func(l *Lab, p *Process)) {
		t.Run(name, func(t *testing.T) {
			out := watch(t, func(t testing.TB) {
				l := New(t, anyFixture(t))
				p := l.Start(fixture("talker"))
				p.Sees("ready ")
				test(l, p)
			})
			assert.Contains(t, out, want)
			assert.Contains(t, out, "── talker, screen")
		})
	}
	const short = 50 * time.Millisecond
	ask("ended", `talker exited with status 4 before it showed line "x", since its start`,
		func(_ *Lab, p *Process) { p.Types("exit 4"); p.Sees("x") })
	ask("stderr", `talker did not write to its stderr a line with "x" in it within 50ms, since `,
		func(_ *Lab, p *Process) {
			p.Types("err x")
			p.Stderr().Sees("x")
			p.Mark()
			p.Stderr().Within(short).Contains("x")
		})
	ask("twice", `talker shows "x" 2 times, expected once`,
		func(_ *Lab, p *Process) {
			p.Types("say x")
			p.Types("say x")
			p.Types("say y")
			p.Sees("y")
			p.SeesOnce("x")
		})
	ask("order", `did not show line "x" after "y" (line 2 of 2 in order)`,
		func(_ *Lab, p *Process) {
			p.Types("say x")
			p.Types("say y")
			p.Sees("y")
			p.Within(short).SeesInOrder("y", "x")
		})
	ask("status", `talker exited with status 4, expected status 0`,
		func(_ *Lab, p *Process) { p.Types("exit 4"); p.Exits(0) })
	ask("no end", `talker still runs, expected its exit within 50ms`,
		func(_ *Lab, p *Process) { p.ExitsWithin(short, 0) })
	ask("no start", `talker still runs, so the scenario cannot start it again`,
		func(_ *Lab, p *Process) { p.Start() })
	ask("of the test's own", "on the moon",
		func(l *Lab, _ *Process) { l.Fail("on the %s", "moon") })
	ask("race", `talker crashed or has a data race: "WARNING: DATA RACE" in line `,
		func(l *Lab, p *Process) {
			if InContainers() { // the fixture's image is built without the detector
				p.Types("err WARNING: DATA RACE")
			}
			p.Types("race")
			p.Sees("raced true")
			p.Stderr().Sees("WARNING: DATA RACE")
		})
	ask("panic", `talker crashed or has a data race: "panic: as told" in line `,
		func(_ *Lab, p *Process) { p.Types("panic"); p.Exits(2) })
}

func TestShorten(t *testing.T) {
	assert.Equal(t, "plain", shorten("plain"))
	assert.Equal(t, `"\x1b[2J"`, shorten("\x1b[2J"))
	assert.Equal(t, strings.Repeat("x", maxShown)+"… (16384 bytes)", shorten(strings.Repeat("x", 16384)))
	assert.Equal(t, "none", quoteAll(nil))
	assert.Contains(t, quoteAll(make([]string, 50)), "and 30 more")
}
