package checker

// causality: whatever was on a typist's screen when it typed a line is above
// that line on every screen that shows both. A screen that admits before the
// line that something was lost or given up is believed.
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

// causes judges, on the screen of q, the lines of p against what p had seen.
func (c *court) causes(p, q int) {
	seen := 0 // lines of p's screen
	lowest, cause := -1, -1
	admitted := len(c.Lives[q].Screen)
	if notices := c.pages[q].notices; len(notices) > 0 {
		admitted = notices[0]
	}
	for _, typed := range c.typed[p] {
		for ; seen < len(c.Lives[p].Screen) && c.Lives[p].Screen[seen].At < c.Typed[typed].At; seen++ {
			t := c.pages[p].lines[seen]
			if t < 0 {
				continue
			}
			if n, ok := c.pages[q].at[t]; ok && n > lowest {
				lowest, cause = n, t
			}
		}
		n, ok := c.pages[q].at[typed]
		if !ok || cause < 0 {
			continue
		}
		c.judged[Causality]++
		if n < lowest && n < admitted {
			c.broken(Causality, q, n, "when it was typed, its typist's screen showed %q, which here is below it", short(c.shows(c.Typed[cause])))
		}
	}
}
