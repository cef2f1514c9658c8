package checker

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Bounds are the times that the guarantees leave open.
type Bounds struct {
	// Delay is how long a line may take between two that have no trouble.
	Delay time.Duration
	// Recovery is how long a fault may be felt after its end.
	Recovery time.Duration
	// Quiet is how long the quiet period must have been before a line that is
	// still missing counts as lost.
	Quiet time.Duration
}

// Judge says whether a history breaks a guarantee, and which.
func Judge(h History, bounds Bounds) Verdict {
	v := Verdict{Replay: h.Replay, Judged: map[Guarantee]int{}}
	c := &court{History: h, bounds: bounds, judged: v.Judged}
	if v.Why = c.malformed(); v.Why != "" {
		return v
	}
	c.index()
	c.delivery()
	c.fifo()
	c.agreement()
	c.causality()
	c.isolation()
	c.reunion()

	never, missing := c.never, c.missing
	if v.Why = c.incomplete(); v.Why == "" && len(missing) > 0 && h.End-h.Quiet < bounds.Quiet {
		v.Why = fmt.Sprintf("the quiet period was %v, not %v, and something is missing yet: %v", h.End-h.Quiet, bounds.Quiet, missing[0])
	}
	if v.Why == "" {
		v.Breaches = missing
	}
	v.Breaches = append(never, v.Breaches...)
	slices.SortStableFunc(v.Breaches, func(a, b Breach) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Guarantee, b.Guarantee))
	})
	switch {
	case len(v.Breaches) > 0:
		v.Outcome = Fail
	case v.Why == "":
		v.Outcome = Pass
	}
	return v
}

// court is a history while it is judged.
type court struct {
	History
	bounds Bounds
	judged map[Guarantee]int

	never   []Breach // what no screen may show, ever
	missing []Breach // what is not there, and must be by the end of the quiet period

	texts map[string]int // index in Typed of a line as it shows on screens
	pages []page         // of each life
	typed [][]int        // indices in Typed of what was typed at each life

	witnesses map[int]int        // by index in Typed: a survivor whose screen shows it
	meetings  map[[2]int]meeting // what met has found, by its arguments
}

type meeting struct {
	at time.Duration
	ok bool
}

// page is what is known of a life by its screen.
type page struct {
	at      map[int]int    // by index in Typed: the first line of the screen that shows it
	lines   []int          // by line of the screen: the index in Typed, or -1
	notices map[string]int // by sender: the first line that says that lines of it were lost, or given up
	in      time.Duration
	isIn    bool // it is in the chat, since in
}

// malformed says why a history cannot be judged at all.
func (c *court) malformed() string {
	for _, l := range c.Lives {
		switch {
		case l.Forgotten > 0:
			return fmt.Sprintf("%v has a screen whose first %d lines were not recorded", l, l.Forgotten)
		case l.End != Lives && l.To < l.From:
			return fmt.Sprintf("%v ended before it began", l)
		}
	}
	seen := map[string]bool{}
	last := time.Duration(0)
	for _, t := range c.Typed {
		if t.Life < 0 || t.Life >= len(c.Lives) {
			return fmt.Sprintf("%q was typed at nobody", t.Text)
		}
		line := c.shows(t)
		switch l := c.Lives[t.Life]; {
		case seen[line]:
			return fmt.Sprintf("%q was typed twice, so nobody can tell which of them a screen shows", line)
		case t.At < last:
			return fmt.Sprintf("%q was typed before the line before it", line)
		case t.At < l.From || l.over(t.At):
			return fmt.Sprintf("%q was typed when %v was not there", line, l)
		}
		seen[line], last = true, t.At
	}
	return ""
}

// incomplete says why what is missing on screens proves nothing.
func (c *court) incomplete() string {
	if c.Cut != "" {
		return c.Cut
	}
	if c.Quiet <= 0 || c.End < c.Quiet {
		return "the round ended before its quiet period"
	}
	for _, f := range c.Faults {
		if f.To <= 0 || f.To > c.Quiet {
			return fmt.Sprintf("%s between %v and %v was not healed before the quiet period", f.What, f.A, f.B)
		}
	}
	survivors := 0
	for i, l := range c.Lives {
		switch {
		case l.End == Failed:
			return fmt.Sprintf("%v ended by itself", l)
		case l.End != Lives:
			continue
		case !c.pages[i].isIn:
			return fmt.Sprintf("%v never came in", l)
		}
		survivors++
		if last := c.lastTyped(i); last < c.Quiet {
			return fmt.Sprintf("%v typed nothing in the quiet period", l)
		}
	}
	if survivors < 2 {
		return "fewer than two survived"
	}
	return ""
}

func (c *court) lastTyped(life int) time.Duration {
	if n := len(c.typed[life]); n > 0 {
		return c.Typed[c.typed[life][n-1]].At
	}
	return -1
}

// shows is a typed line as it is on screens.
func (c *court) shows(t Typed) string {
	text := t.Text
	if event(text) { // it must not be taken for one
		text = `"` + text + `"`
	}
	return c.Lives[t.Life].Who + ": " + text
}

// broken notes a line of a screen that must not be there.
func (c *court) broken(g Guarantee, life, line int, because string, args ...any) *Breach {
	l := c.Lives[life]
	c.never = append(c.never, Breach{
		Guarantee: g, At: l.Screen[line].At, Screen: l.Who, Line: l.Screen[line].Text,
		Because: fmt.Sprintf(because, args...), Place: Place{life, line},
	})
	return &c.never[len(c.never)-1]
}

// lacks notes a typed line that must be on a screen and is not.
func (c *court) lacks(g Guarantee, life, typed int, because string, args ...any) *Breach {
	t := c.Typed[typed]
	return c.misses(Breach{
		Guarantee: g, At: t.At, Screen: c.Lives[life].Who, Line: c.shows(t),
		Because: fmt.Sprintf(because, args...), Place: Place{life, -1},
	})
}

func (c *court) misses(b Breach) *Breach {
	c.missing = append(c.missing, b)
	return &c.missing[len(c.missing)-1]
}
