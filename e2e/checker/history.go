// Package checker judges a recorded round of the chat: who typed which line
// when, what every screen showed, and what was done to processes and links. It
// looks at nothing else and asks nobody: the same history gets the same verdict.
//
// It knows the first six guarantees of the chat. Each has a file that says
// precisely what is required:
//
//	delivery.go   1  a line shows exactly once at every other live terminal
//	fifo.go       2  lines of one sender show in the order typed
//	agreement.go  3  what one survivor showed, every survivor shows
//	causality.go  4  no screen shows an answer before what it answers
//	isolation.go  5  who has no trouble is not delayed by those who have
//	reunion.go    6  who comes back is told of once, and nobody falsely
//
// What a screen must not show it must never show. What it must show it has until
// the end of the quiet period, in which everything was healed: of a history
// without one nothing of that kind can be said, and its verdict is Unknown
// unless a screen shows what none may.
package checker

import (
	"fmt"
	"slices"
	"time"
)

// History is a recorded round. Times count from its beginning.
type History struct {
	Lives  []Life
	Typed  []Typed // in the order typed
	Faults []Fault
	Quiet  time.Duration // from here on everything was healed; 0: never
	End    time.Duration // the screens are as they were then
	Cut    string        // why the round could not be played to its end; "": it was
	Replay string        // how to play it again
}

// Life is one process, from its start to its end. A restart begins another.
type Life struct {
	Who       string        // as on screens: "Server" or "Client 3"
	From      time.Duration // not after its start
	To        time.Duration // not after it was killed or told to leave; if it Lives, nothing
	End       End
	Screen    []Shown
	Forgotten int // lines at the screen's beginning that were not recorded
}

// End is what became of a life.
type End int

const (
	Lives  End = iota // at the end of the history: a survivor
	Killed            // without a word
	Left              // in good order, as it was told
	Failed            // by itself
)

// Shown is a line on a screen, and when it was read there. What is on a screen
// is in its order; At may be later than the truth, never earlier.
type Shown struct {
	At   time.Duration
	Text string
}

// Typed is a line typed at a life, not before At. Together with who typed it no
// text may be typed twice in a history.
type Typed struct {
	Life int // index in Lives
	At   time.Duration
	Text string
	// Concerns lists lives that the line concerns besides those that screens prove
	// it to concern: a simulation can ask a process whom it has met.
	Concerns []int
}

// Fault is trouble between two groups of processes, whoever they are at the
// time.
type Fault struct {
	What     string
	A, B     []string // as in Life.Who; B empty: everybody else
	From, To time.Duration
}

func (l Life) String() string {
	return fmt.Sprintf("%s, started at %v,", l.Who, l.From.Round(time.Millisecond))
}

// over says whether the life was over at some time.
func (l Life) over(at time.Duration) bool { return l.End != Lives && l.To <= at }

// between says whether the fault is between these two.
func (f Fault) between(a, b string) bool {
	return slices.Contains(f.A, a) && f.hasB(b) || slices.Contains(f.A, b) && f.hasB(a)
}

func (f Fault) hasB(who string) bool { return len(f.B) == 0 || slices.Contains(f.B, who) }
