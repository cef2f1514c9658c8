package lab

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Barrier is a point after which the absence of a line can be asserted. The lab
// types a unique line at each of some processes, the senders, and waits until
// every other screen shows it. All that a sender typed earlier has then arrived,
// if the lines of one sender keep their order, and so has any second copy of
// it that travelled the same way.
//
// Its assertions are about what its screens show since the last mark. The lines
// of barriers themselves are never counted.
type Barrier struct {
	lab     *Lab
	viewers []*Process
}

// Barrier types a line at each sender and waits until all viewers show them,
// except a sender its own. It ends the test if one does not come, a sender
// exits, or any process has exited by itself with a status other than 0.
func (l *Lab) Barrier(senders, viewers []*Process) *Barrier {
	l.t.Helper()
	if crashed := l.crashed(); len(crashed) > 0 {
		p := crashed[0]
		l.failAt(p, "%v %s by itself at %s: it should run until the scenario ends it",
			p, p.now().Outcome(), strings.TrimSpace(l.clock(p.now().endedAt())))
	}
	lines := map[string]*Process{}
	for _, p := range senders {
		line := fmt.Sprintf("%s-%04d", l.tag, l.barriers.Add(1))
		p.Types(line)
		lines[line] = p
	}
	l.awaitCheckLines(lines, viewers)
	return &Barrier{lab: l, viewers: viewers}
}

// awaitCheckLines waits until all viewers show the lines that were typed at
// the senders, except a sender its own.
func (l *Lab) awaitCheckLines(lines map[string]*Process, viewers []*Process) {
	l.t.Helper()
	senders := slices.Collect(maps.Values(lines))
	for _, v := range viewers {
		missing := maps.Clone(lines)
		maps.DeleteFunc(missing, func(_ string, p *Process) bool { return p == v })
		if len(missing) == 0 {
			continue
		}
		v.While(senders...).await(wanted{
			what:  func() string { return checkLines(missing) },
			lines: func() []string { return slices.Sorted(maps.Keys(missing)) },
			quiet: true,
		}, func(line Line) bool {
			if at := strings.Index(line.Text, l.tag); at >= 0 {
				delete(missing, v.compared(line.Text[at:]))
			}
			return len(missing) == 0
		})
	}
}

// checkLines describes the lines of a barrier that are missing on a screen.
func checkLines(missing map[string]*Process) string {
	var all []string
	for _, line := range slices.Sorted(maps.Keys(missing)) {
		all = append(all, fmt.Sprintf("%q, typed at %s", line, missing[line].Name()))
	}
	return "the check line " + strings.Join(all, ", ") +
		" (the scenario types one at each program, to be sure that all earlier lines have arrived)"
}

// Among is Barrier of a group in which each process is sender and viewer.
func (l *Lab) Among(group ...*Process) *Barrier {
	l.t.Helper()
	return l.Barrier(group, group)
}

// On is the barrier restricted to these screens.
func (f *Barrier) On(viewers ...*Process) *Barrier {
	return &Barrier{lab: f.lab, viewers: viewers}
}

// Except is the barrier without these screens.
func (f *Barrier) Except(others ...*Process) *Barrier {
	rest := slices.DeleteFunc(slices.Clone(f.viewers), func(p *Process) bool { return slices.Contains(others, p) })
	return &Barrier{lab: f.lab, viewers: rest}
}

// Shows requires each screen to show the line that many times.
func (f *Barrier) Shows(line string, count int) {
	f.lab.t.Helper()
	for _, p := range f.viewers {
		if n := p.Count(line); n != count {
			why := p.failure(nil)
			if n < count {
				why.missing = []string{line}
			} else if count == 0 {
				why.extra = []string{line}
			}
			why.fail("%v shows %q %s, expected %s, %s", p, shorten(line), times(n), times(count), p.since())
		}
	}
	f.lab.step(fmt.Sprintf("on %s: %q %s", f.names(), shorten(line), times(count)))
}

// names are those of the viewers.
func (f *Barrier) names() string {
	var all []string
	for _, p := range f.viewers {
		all = append(all, p.Name())
	}
	return strings.Join(all, ", ")
}

// Once requires each screen to show each of the lines exactly once.
func (f *Barrier) Once(lines ...string) {
	f.lab.t.Helper()
	for _, line := range lines {
		f.Shows(line, 1)
	}
}

// Never requires that no screen shows any of the lines.
func (f *Barrier) Never(lines ...string) {
	f.lab.t.Helper()
	for _, line := range lines {
		f.Shows(line, 0)
	}
}

// Nothing requires that no screen has a line that contains text.
func (f *Barrier) Nothing(text string) {
	f.lab.t.Helper()
	for _, p := range f.viewers {
		for _, line := range f.plain(p) {
			if strings.Contains(line, text) {
				f.lab.failAt(p, "%v shows %q, expected no line with %q in it, %s", p, shorten(line), text, p.since())
			}
		}
	}
}

// Exactly requires each screen to hold these lines and no others, in any order.
func (f *Barrier) Exactly(lines ...string) {
	f.lab.t.Helper()
	for _, p := range f.viewers {
		missing, extra := difference(p.allCompared(lines), f.plain(p))
		if len(missing)+len(extra) > 0 {
			why := p.failure(missing)
			why.extra = extra
			why.fail("%v does not show exactly the expected lines, %s: missing: %s; not expected: %s",
				p, p.since(), quoteAll(missing), quoteAll(extra))
		}
	}
	f.lab.step(fmt.Sprintf("on %s: exactly these lines: %s", f.names(), quoteAll(lines)))
}

// Sequence requires the lines with this prefix to be, on each screen, exactly
// those, in their order: what one sender typed.
func (f *Barrier) Sequence(prefix string, lines []string) {
	f.lab.t.Helper()
	for _, p := range f.viewers {
		n := 0
		for _, got := range f.plain(p) {
			if !strings.HasPrefix(got, prefix) {
				continue
			}
			if n == len(lines) {
				f.lab.failAt(p, "%v shows a line more that begins with %q than the %d that were typed: %q", p, prefix, len(lines), shorten(got))
			}
			if want := p.compared(prefix + lines[n]); got != want {
				f.lab.failAt(p, "%v shows the lines that begin with %q in another order than they were typed: line %d is\n          %s\nexpected: %s",
					p, prefix, n+1, shorten(got), shorten(want))
			}
			n++
		}
		if n < len(lines) {
			f.lab.failAt(p, "%v shows %d lines that begin with %q, expected %d: the first that is missing is %q",
				p, n, prefix, len(lines), shorten(prefix+lines[n]))
		}
	}
}

// plain returns the lines of a screen, as they are compared, without those of barriers.
func (f *Barrier) plain(p *Process) []string {
	var texts []string
	for _, line := range p.Lines() {
		if !strings.Contains(line.Text, f.lab.tag) {
			texts = append(texts, p.compared(line.Text))
		}
	}
	return texts
}

// difference compares two lists of lines without regard to order.
func difference(want, got []string) (missing, extra []string) {
	left := map[string]int{}
	for _, line := range got {
		left[line]++
	}
	for _, line := range want {
		if left[line]--; left[line] < 0 {
			missing = append(missing, line)
		}
	}
	for _, line := range got {
		if left[line]--; left[line] >= 0 {
			extra = append(extra, line)
		}
	}
	return missing, extra
}
