package diagram

import (
	"fmt"
	"math"
	"time"
)

// lives draws the line of each process: thick while it runs, hatched while it is paused.
func (c *canvas) lives() {
	for _, p := range c.drawn {
		x, name := c.x(p), fit(c.processes[p].name, c.column-10)
		c.add(`<g class="process"><path class="place" d="M%.0f %dV%.0f"/>`, x, headHeight, c.height)
		lives := c.processes[p].lives
		if len(lives) == 0 {
			lives = []span{{0, none}}
		}
		for _, s := range lives {
			if from, to := c.heightOf(s.from), c.end(s); to > from {
				c.add(`<path class="life" d="M%.0f %.0fV%.0f"/>`, x, from, to)
			}
		}
		for _, s := range c.processes[p].pauses {
			if from, to := c.heightOf(s.from), c.end(s); to > from {
				c.add(`<rect class="paused" x="%.0f" y="%.0f" width="10" height="%.0f"/>`, x-5, from, to-from)
			}
		}
		for y := 18.0; y < c.height-headHeight; y += headsEvery {
			c.text("name", x-6, y, name)
		}
		c.add("</g>\n")
	}
}

// bandWidth is the width of a fault's band beside the line of a process, and mostBands how
// many there are side by side.
const (
	bandWidth = 7
	mostBands = 3
)

// faults draws what was done to links: a band beside each process at an end of them, and
// between the two if there are only two.
func (c *canvas) faults() {
	used := map[int][]float64{} // by process: where each band ends
	for k := range c.Run.faults {
		f := &c.Run.faults[k]
		if _, drawn := c.row[f.from]; !drawn {
			continue
		}
		from, to := c.heightOf(f.from), c.end(f.span)
		if to <= from {
			continue
		}
		c.add(`<g class="band"><title>%s</title>`, escape("fault: "+f.String()))
		left, right := math.Inf(1), math.Inf(-1)
		for _, p := range c.ends(f) {
			x := c.x(p)
			left, right = min(left, x), max(right, x)
			lane := 0
			for lane < len(used[p]) && used[p][lane] > from {
				lane++
			}
			if lane == len(used[p]) {
				used[p] = append(used[p], to)
			}
			used[p][lane] = to
			c.add(`<rect x="%.0f" y="%.0f" width="%d" height="%.0f"/>`, x-12-bandWidth*float64(min(lane, mostBands)), from, bandWidth-1, to-from)
		}
		if len(c.ends(f)) == 2 {
			c.add(`<rect class="between" x="%.0f" y="%.0f" width="%.0f" height="%.0f"/>`, left, from, right-left, to-from)
		}
		c.add("</g>\n")
	}
}

// ends returns the processes at the ends of a fault's links that are drawn.
func (c *canvas) ends(f *fault) (all []int) {
	from, to, _ := f.sides()
	for _, p := range c.on(append(from, to...)) {
		if c.columns[p] != none {
			all = append(all, p)
		}
	}
	return all
}

// times draws the column of times, and where nothing happened for long.
func (c *canvas) times(realTime bool) {
	c.add(`<g class="times">`)
	last, lastY := -1.0, math.Inf(-1)
	for _, r := range c.rows {
		if r.gap > 0 {
			y := r.y - rowHeight/2 - gapHeight/2
			c.add(`<path class="gap" d="M%d %.0fH%.0f"/>`, timeWidth, y, c.width)
			c.text("gap", 8, y+4, "⋮ "+r.gap.Round(10*time.Millisecond).String())
		}
		at := math.Round(r.at.Sub(c.began).Seconds()*1000) / 1000
		if at > last && (!realTime || r.y-lastY >= leastLabel) {
			c.text("time", 8, r.y+4, fmt.Sprintf("%.3f s", at))
			last, lastY = at, r.y
		}
	}
	c.add("</g>\n")
}
