package checker

// agreement: a line of a process that is no more shows at every survivor whom it
// concerns, if it shows at any.
func (c *court) agreement() {
	witnesses := map[int]int{} // by typed line: a survivor that shows it
	for life, l := range c.Lives {
		if l.End == Lives {
			for t := range c.pages[life].at {
				witnesses[t] = life
			}
		}
	}
	c.each(func(q, p, typed int) {
		if c.Lives[p].End == Lives || c.Lives[q].End != Lives {
			return
		}
		witness, ok := witnesses[typed]
		if !ok {
			return
		}
		c.judged[Agreement]++
		if _, ok := c.shown(q, typed); !ok {
			c.lacks(Agreement, q, typed, "%s shows it, whose sender is no more, and this one does not", c.Lives[witness].Who)
		}
	})
}
