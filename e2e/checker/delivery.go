package checker

// delivery: a line typed at a survivor shows at every other survivor whom it
// concerns; no screen shows a line twice, or one that was not typed, or one that
// was typed right there.
func (c *court) delivery() {
	for life, l := range c.Lives {
		for n, s := range l.Screen {
			t := c.pages[life].lines[n]
			switch {
			case t < 0:
				if !c.known(s.Text) {
					c.broken(Delivery, life, n, "nobody typed that")
				}
				continue
			case c.pages[life].at[t] != n:
				c.broken(Delivery, life, n, "it is there a second time").about(Place{life, c.pages[life].at[t]})
			case c.Typed[t].Life == life:
				c.broken(Delivery, life, n, "it was typed right there")
			case c.Typed[t].At > s.At:
				c.broken(Delivery, life, n, "it had not been typed yet")
			}
			c.judged[Delivery]++
		}
	}
	c.each(func(q, p, typed int) {
		if c.Lives[p].End != Lives || c.Lives[q].End != Lives {
			return
		}
		c.judged[Delivery]++
		if _, ok := c.shown(q, typed); !ok {
			c.lacks(Delivery, q, typed, "it was typed at a live terminal and is not there")
		}
	})
}

// each calls judge for every typed line and every life that it concerns.
func (c *court) each(judge func(q, p, typed int)) {
	for q := range c.Lives {
		for p := range c.Lives {
			for _, typed := range c.typed[p] {
				if c.due(q, typed) {
					judge(q, p, typed)
				}
			}
		}
	}
}

// known says whether a line is one of the programs' own.
func (c *court) known(line string) bool {
	who, what := split(line)
	if m := notice.FindStringSubmatch(line); m != nil {
		who = m[1]
	} else if !event(what) {
		return false
	}
	for _, l := range c.Lives {
		if l.Who == who {
			return true
		}
	}
	return false
}
