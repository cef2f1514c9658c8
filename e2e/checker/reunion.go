package checker

import "time"

// reunion: what the programs say of comings and goings. For each life of
// somebody a screen tells at most once that it is there, not before it is, and
// by the end of the quiet period the survivors have all told of each other. A
// server tells of a client by one of two lines, and by "reconnected" only if
// there was a server before. No screen says of a life that still runs that it has
// left. After the beginning of the quiet period no screen tells that a life is there
// which was over before.
func (c *court) reunion() {
	first := c.firstServer()
	for q, l := range c.Lives {
		told := map[string]int{} // how often, by line
		for n, s := range l.Screen {
			if c.pages[q].lines[n] >= 0 {
				continue
			}
			who, what := split(s.Text)
			switch what {
			case initiated, serverBack:
				if (what == serverBack) != (who == server) {
					continue
				}
				c.tells(q, n, told, who, "initiated", c.begun)
			case reconnected:
				if l.Who != server || q == first {
					c.broken(Return, q, n, "there is nothing to come back to")
					continue
				}
				c.tells(q, n, told, who, "initiated", c.begun) // either line tells of a client
			case terminated:
				c.tells(q, n, told, who, terminated, c.left)
			}
		}
		if l.End == Lives {
			c.meets(q)
		}
	}
}

// tells judges a line that tells of a life of who for the n-th time.
func (c *court) tells(q, n int, told map[string]int, who, what string, lives func(who string, q int, at time.Duration) int) {
	c.judged[Return]++
	told[who+what]++
	at := c.Lives[q].Screen[n].At
	if had := lives(who, q, at); told[who+what] > had {
		c.broken(Return, q, n, "it says so of %s %d times, who has done it %d times", who, told[who+what], had).
			about(c.above(q, n)...)
	}
	if what != terminated && c.Quiet > 0 && at >= c.Quiet+c.bounds.Recovery {
		told["quiet "+who]++
		if had := c.thereSince(c.Quiet, who, at); told["quiet "+who] > had {
			c.broken(Return, q, n, "it says so of %s %d times in the quiet period, in which %d of its lives were there", who, told["quiet "+who], had).
				about(c.above(q, n)...)
		}
	}
}

// above returns where the same line is above another one on a screen.
func (c *court) above(life, line int) (all []Place) {
	screen := c.Lives[life].Screen
	for n := range line {
		if screen[n].Text == screen[line].Text {
			all = append(all, Place{life, n})
		}
	}
	return all
}

// begun is how many lives of who had begun by then and were not over when q
// began. Of its own name q can only tell itself.
func (c *court) begun(who string, q int, at time.Duration) int {
	if who == c.Lives[q].Who {
		return 1
	}
	return c.thereSince(c.Lives[q].From, who, at)
}

// thereSince is how many lives of who had begun by then and were not over at since.
func (c *court) thereSince(since time.Duration, who string, at time.Duration) int {
	n := 0
	for _, l := range c.Lives {
		if l.Who == who && l.From <= at && !l.over(since) {
			n++
		}
	}
	return n
}

// left is how many lives of who had left in good order by then.
func (c *court) left(who string, _ int, at time.Duration) int {
	n := 0
	for _, l := range c.Lives {
		if l.Who == who && l.End == Left && l.To <= at {
			n++
		}
	}
	return n
}

// meets judges what the screen of a survivor must tell of the other survivors.
// (A client that came in with the server that is there says nothing of it.)
func (c *court) meets(q int) {
	for p, l := range c.Lives {
		if p == q || l.End != Lives || l.Who == server && l.From <= c.pages[q].in {
			continue
		}
		c.judged[Return]++
		if c.tellsOf(q, p) {
			continue
		}
		line, because := l.Who+": "+initiated, "it is there and has not been told of"
		switch {
		case l.Who == server:
			line = l.Who + ": " + serverBack
		case c.Lives[q].Who == server && l.From < c.Lives[q].From:
			line = l.Who + ": " + reconnected
		}
		c.misses(Breach{
			Guarantee: Return, At: max(l.From, c.Lives[q].From), Screen: c.Lives[q].Who, Line: line, Because: because, Place: Place{q, -1},
		}).about(Place{p, -1})
	}
}

func (c *court) tellsOf(q, p int) bool {
	for _, s := range c.Lives[q].Screen {
		who, what := split(s.Text)
		if who == c.Lives[p].Who && s.At >= c.Lives[p].From && (what == initiated || what == reconnected || who == server && what == serverBack) {
			return true
		}
	}
	return false
}

// firstServer is the server that was there first; -1: none was.
func (c *court) firstServer() int {
	first := -1
	for i, l := range c.Lives {
		if l.Who == server && (first < 0 || l.From < c.Lives[first].From) {
			first = i
		}
	}
	return first
}
