package checker

// agreement: a line of a process that is no more shows at every survivor whom it
// concerns, if it shows at any.
func (c *court) agreement() {
	c.each(func(q, p, typed int) {
		if c.Lives[p].End == Lives || c.Lives[q].End != Lives {
			return
		}
		witness, ok := c.witnesses[typed]
		if !ok {
			return
		}
		c.judged[Agreement]++
		if _, ok := c.shown(q, typed); !ok {
			c.lacks(Agreement, q, typed, "%s shows it, whose sender is no more, and this one does not", c.Lives[witness].Who).
				about(Place{witness, c.pages[witness].at[typed]})
		}
	})
}
