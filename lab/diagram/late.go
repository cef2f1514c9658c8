package diagram

import (
	"slices"
	"time"

	"peerlab/lab/event"
)

// late is how much later than its effect an event may stand in a record: the bench reads
// a packet's copy and a screen in different goroutines.
const late = 100 * time.Millisecond

// line is an event and its line in the record.
type line struct {
	event.Event
	number int
}

// reordered returns the lines of a record, with those that stand behind their effects
// moved before them: what a process received first, and then showed. Only texts that were
// typed prove that. It returns nil if there are none.
func (r *Run) reordered(lines []line) []line {
	moves := map[int][]int{} // nodes that belong before another
	type text struct{ origin, at int }
	firstShown := map[text]int{}
	received := map[text]bool{}
	for i := range r.nodes {
		n := &r.nodes[i]
		of := text{r.origins[i], n.at}
		switch {
		case of.origin == none:
		case n.Kind == event.Shown:
			if _, again := firstShown[of]; !again && !received[of] {
				firstShown[of] = i
			}
		case n.Kind == event.Received && !received[of]:
			received[of] = true
			if shown, ok := firstShown[of]; ok && n.Time.Sub(r.nodes[shown].Time) <= late {
				if n.cause > shown {
					moves[shown] = append(moves[shown], n.cause)
				}
				moves[shown] = append(moves[shown], i)
			}
		}
	}
	if len(moves) == 0 {
		return nil
	}
	moved := make([]bool, len(lines))
	for _, of := range moves {
		for _, i := range of {
			moved[i] = true
		}
	}
	done := make([]bool, len(lines))
	order := make([]line, 0, len(lines))
	for i, l := range lines {
		slices.Sort(moves[i])
		for _, j := range moves[i] {
			if !done[j] {
				order = append(order, lines[j])
			}
			done[j] = true
		}
		if !moved[i] {
			order = append(order, l)
		}
	}
	return order
}
