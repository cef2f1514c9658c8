package checker

import "time"

// isolation: a line shows within the bound at everybody whom it concerns, if
// neither that one nor the typist had any trouble meanwhile, nor a short time
// before; whatever trouble others have.
func (c *court) isolation() {
	c.each(func(q, p, typed int) {
		from := c.Typed[typed].At
		to := from + c.bounds.Delay
		if to > c.End || c.troubled(q, p, from, to) {
			return
		}
		c.judged[Isolation]++
		at, ok := c.shown(q, typed)
		switch {
		case ok && at > to:
			c.broken(Isolation, q, c.pages[q].at[typed], "it took %v, with no trouble between the two",
				(at - from).Round(time.Millisecond))
		case !ok && !c.judgedElsewhere(q, p, typed):
			c.lacks(Delivery, q, typed, "it has not come, with no trouble between the two")
		}
	})
}

// judgedElsewhere says whether delivery or agreement require the line at q.
func (c *court) judgedElsewhere(q, p, typed int) bool {
	_, witnessed := c.witnesses[typed]
	return c.Lives[q].End == Lives && (c.Lives[p].End == Lives || witnessed)
}

// troubled says whether two lives had trouble with each other between two
// times, or began, ended or had it a short time before.
func (c *court) troubled(q, p int, from, to time.Duration) bool {
	for _, life := range []int{q, p} {
		if l := c.Lives[life]; l.From+c.bounds.Recovery > from || l.over(to) {
			return true
		}
	}
	for _, f := range c.Faults {
		if f.From <= to && (f.To <= 0 || f.To+c.bounds.Recovery >= from) && f.between(c.Lives[q].Who, c.Lives[p].Who) {
			return true
		}
	}
	return false
}
