package lab

import (
	"fmt"
	"slices"
	"strings"
)

// Fence is a moment at which something can be said to be absent. It is there
// when every typist has typed a line that nobody typed before, and every other
// screen shows it: what a typist typed earlier has then arrived too, if lines
// of one typist keep their order, and so has any second copy of it that
// travelled the same way.
//
// What a fence is asked about is what its screens show since the last mark.
// Its own lines, and those of other fences of the lab, are never counted.
type Fence struct {
	lab     *Lab
	viewers []*Process
}

// Fence has each typist type its line and waits until all viewers show them,
// a typist's own aside. It ends the test if one does not come.
func (l *Lab) Fence(typists, viewers []*Process) *Fence {
	l.t.Helper()
	lines := make([]string, len(typists))
	for i, p := range typists {
		lines[i] = fmt.Sprintf("%s-%d", l.tag, l.fences.Add(1))
		p.Types(lines[i])
	}
	for _, v := range viewers {
		missing := map[string]bool{}
		for i, p := range typists {
			if p != v {
				missing[lines[i]] = true
			}
		}
		if len(missing) == 0 {
			continue
		}
		v.await(func() string { return fmt.Sprintf("fence of %d typists", len(missing)) }, func(line Line) bool {
			if at := strings.Index(line.Text, l.tag); at >= 0 {
				delete(missing, line.Text[at:])
			}
			return len(missing) == 0
		})
	}
	return &Fence{lab: l, viewers: viewers}
}

// Among is Fence of a group in which everybody types and everybody looks.
func (l *Lab) Among(group ...*Process) *Fence {
	l.t.Helper()
	return l.Fence(group, group)
}

// On is the fence as far as it is about these screens.
func (f *Fence) On(viewers ...*Process) *Fence {
	return &Fence{lab: f.lab, viewers: viewers}
}

// Except is the fence as far as it is not about these screens.
func (f *Fence) Except(others ...*Process) *Fence {
	rest := slices.DeleteFunc(slices.Clone(f.viewers), func(p *Process) bool { return slices.Contains(others, p) })
	return &Fence{lab: f.lab, viewers: rest}
}

// Shows requires each screen to show the line that many times.
func (f *Fence) Shows(line string, times int) {
	f.lab.t.Helper()
	for _, p := range f.viewers {
		if n := p.Count(line); n != times {
			f.lab.fail("%v shows %q %d times, not %d, %s", p.Screen, line, n, times, p.since())
		}
	}
}

// Once requires each screen to show each of the lines exactly once.
func (f *Fence) Once(lines ...string) {
	f.lab.t.Helper()
	for _, line := range lines {
		f.Shows(line, 1)
	}
}

// Never requires that no screen shows any of the lines.
func (f *Fence) Never(lines ...string) {
	f.lab.t.Helper()
	for _, line := range lines {
		f.Shows(line, 0)
	}
}

// Nothing requires that no screen has a line that contains text.
func (f *Fence) Nothing(text string) {
	f.lab.t.Helper()
	for _, p := range f.viewers {
		for _, line := range f.plain(p) {
			if strings.Contains(line, text) {
				f.lab.fail("%v shows %q, which has %q in it, %s", p.Screen, line, text, p.since())
			}
		}
	}
}

// Exactly requires each screen to hold these lines and no others, in any order.
func (f *Fence) Exactly(lines ...string) {
	f.lab.t.Helper()
	for _, p := range f.viewers {
		missing, extra := difference(lines, f.plain(p))
		if len(missing)+len(extra) > 0 {
			f.lab.fail("%v holds other lines than it should, %s\nmissing: %s\ntoo many: %s",
				p.Screen, p.since(), quoteAll(missing), quoteAll(extra))
		}
	}
}

// Sequence requires the lines with this prefix to be, on each screen, exactly
// those, in their order: what one sender typed.
func (f *Fence) Sequence(prefix string, lines []string) {
	f.lab.t.Helper()
	for _, p := range f.viewers {
		n := 0
		for _, got := range f.plain(p) {
			if !strings.HasPrefix(got, prefix) {
				continue
			}
			if n == len(lines) {
				f.lab.fail("%v shows one line too many of %q: %q", p.Screen, prefix, got)
			}
			if want := prefix + lines[n]; got != want {
				f.lab.fail("%v shows as line %d of %q\n     %s\nnot: %s", p.Screen, n+1, prefix, shorten(got), shorten(want))
			}
			n++
		}
		if n < len(lines) {
			f.lab.fail("%v shows %d lines of %q, not %d", p.Screen, n, prefix, len(lines))
		}
	}
}

// plain are the lines of a screen without those of fences.
func (f *Fence) plain(p *Process) []string {
	var texts []string
	for _, line := range p.Lines() {
		if !strings.Contains(line.Text, f.lab.tag) {
			texts = append(texts, line.Text)
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
