package lab

import "time"

// Life is one life of a process: all that is known of it from outside.
type Life struct {
	Number int // from 1
	Screen []Line
	Stderr []Line
	// Forgotten is how many of the first lines of the screen were not kept,
	// because more than 64 MiB came.
	Forgotten int
	Ended     time.Time // zero: it runs
	Status    int       // when it has ended; a signal N counts as 128+N
}

// Lives returns all lives of the process, whatever was marked. May be called
// from any goroutine.
func (p *Process) Lives() []Life {
	var lives []Life
	for _, e := range p.history() {
		alive := e.alive() // asked first, so that an ended one is complete
		screen := e.outputs[stdout].since(0)
		l := Life{
			Number: e.number, Screen: screen.lines, Stderr: e.outputs[stderr].since(0).lines,
			Forgotten: screen.next - len(screen.lines),
		}
		if !alive {
			l.Ended, l.Status = e.at, e.status
		}
		lives = append(lives, l)
	}
	return lives
}
