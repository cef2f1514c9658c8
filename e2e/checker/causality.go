package checker

import "fmt"

// causality: whatever was on a typist's screen when it typed a line is above
// that line on every screen that shows the line and that it concerns. A screen is
// believed that admits before the line that lines of the sender of the one or of
// the other were lost or given up: with lines that are lost goes what they said to
// answer.
func (c *court) causality() {
	for p := range c.Lives {
		if len(c.typed[p]) == 0 {
			continue
		}
		for q := range c.Lives {
			if q != p {
				c.causes(p, q)
			}
		}
	}
}

// cause is the line of a sender that a typist had seen and that is lowest on
// another screen, or not on it.
type cause struct {
	who         string
	typed, line int
}

// causes judges, on the screen of q, the lines of p against what p had seen.
func (c *court) causes(p, q int) {
	seen := 0 // lines of p's screen
	var all []cause
	for _, typed := range c.typed[p] {
		for ; seen < len(c.Lives[p].Screen) && c.Lives[p].Screen[seen].At < c.Typed[typed].At; seen++ {
			if t := c.pages[p].lines[seen]; t >= 0 && c.Typed[t].Life != q {
				all = c.lower(all, q, t)
			}
		}
		n, ok := c.pages[q].at[typed]
		if !ok || len(all) == 0 {
			continue
		}
		c.judged[Causality]++
		for _, x := range all {
			if x.line <= n || c.admits(q, n, x.who) || c.admits(q, n, c.Lives[p].Who) {
				continue
			}
			because := fmt.Sprintf("when it was typed, its typist's screen showed %q, which here is ", short(c.shows(c.Typed[x.typed])))
			seen := Place{p, c.pages[p].at[x.typed]}
			if x.line < len(c.Lives[q].Screen) {
				c.broken(Causality, q, n, "%s", because+"below it").about(Place{q, x.line}, seen)
				break
			}
			l := c.Lives[q]
			c.misses(Breach{
				Guarantee: Causality, At: l.Screen[n].At, Screen: l.Who, Line: l.Screen[n].Text, Because: because + "not", Place: Place{q, n},
			}).about(seen)
			break
		}
	}
}

// lower adds to the causes on the screen of q a line that p has seen. A line that
// delivery or agreement require is theirs to miss.
func (c *court) lower(all []cause, q, t int) []cause {
	n, ok := c.pages[q].at[t]
	switch {
	case !ok && (!c.due(q, t) || c.judgedElsewhere(q, c.Typed[t].Life, t)):
		return all
	case !ok:
		n = len(c.Lives[q].Screen)
	}
	who := c.Lives[c.Typed[t].Life].Who
	for i := range all {
		if x := &all[i]; x.who == who {
			if n > x.line {
				x.typed, x.line = t, n
			}
			return all
		}
	}
	return append(all, cause{who, t, n})
}

// admits reports whether the screen of q says before a line that it lacks lines of
// a sender.
func (c *court) admits(q, line int, who string) bool {
	n, ok := c.pages[q].notices[who]
	return ok && n < line
}
