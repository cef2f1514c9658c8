package checker

// fifo: on each screen, what was typed at one process shows in the order typed.
func (c *court) fifo() {
	for life := range c.Lives {
		latest := map[int]int{} // by life: the last line of it that is on the screen
		for n, t := range c.pages[life].lines {
			if t < 0 || c.pages[life].at[t] != n {
				continue
			}
			c.judged[FIFO]++
			p := c.Typed[t].Life
			if last, ok := latest[p]; ok && last > t {
				c.broken(FIFO, life, n, "it was typed before %q, which is above it", short(c.Typed[last].Text)).
					about(Place{life, c.pages[life].at[last]})
				continue
			}
			latest[p] = t
		}
	}
}
