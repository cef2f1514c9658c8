// Package event is the record of a run: what the programs of a lab did and showed, and
// what crossed the network between them, one JSON object a line. Diagrams, reports and
// grades are made from it.
package event

import (
	"fmt"
	"time"
)

// Version is that of the record's form. It grows when a field changes its meaning; a new
// field or kind does not change it.
const Version = 1

// Kind is what happened.
type Kind string

const (
	Run       Kind = "run"       // the record begins; Version says in which form
	Started   Kind = "started"   // a life of a program began; Text is its command line
	Exited    Kind = "exited"    // and ended; Text says how
	Typed     Kind = "typed"     // a line was typed at a program
	Shown     Kind = "shown"     // a line stands on its screen
	Logged    Kind = "logged"    // a line came from its stderr
	Connected Kind = "connected" // a connection was made, or an older one was first seen; From has opened it; Text is the addresses of From and To
	Sent      Kind = "sent"      // a line, or Bytes that are no text, left a program
	Received  Kind = "received"  // and arrived at another
	Dropped   Kind = "dropped"   // a packet was dropped by a fault
	Held      Kind = "held"      // a packet waits, by a fault
	Closed    Kind = "closed"    // a program has closed its side of a connection
	Reset     Kind = "reset"     // a program, or a fault, has reset a connection
	Fault     Kind = "fault"     // a fault began, of a link or of a program; Text says which
	Healed    Kind = "healed"    // and ended
	Met       Kind = "met"       // the scenario has seen what it waited for; Text says what
	Failed    Kind = "failed"    // the scenario failed; Text says why, and Process of which program
	Clock     Kind = "clock"     // Text is how far the clock of another machine is ahead; times are corrected by it
	Lost      Kind = "lost"      // Bytes events or packets are missing before this one: there were too many
)

// Kinds are all that there are.
var Kinds = []Kind{
	Run, Started, Exited, Typed, Shown, Logged, Connected, Sent, Received, Dropped, Held, Closed, Reset, Fault, Healed, Met, Failed, Clock, Lost,
}

// Event is one line of a record.
type Event struct {
	Time    time.Time `json:"time"`
	Kind    Kind      `json:"kind"`
	Version int       `json:"version,omitempty"` // of Run

	Process string `json:"process,omitempty"`
	Life    int    `json:"life,omitempty"` // of the process, from 1

	Link *Link `json:"link,omitempty"`

	Text  string `json:"text,omitempty"`  // a line without its end; of a long one the beginning
	Bytes int    `json:"bytes,omitempty"` // of the line with its end, or of what is no text
}

// Link is where something crossed the network.
type Link struct {
	From string `json:"from"` // the program that sent it
	To   string `json:"to"`

	Connection int    `json:"connection,omitempty"` // its number in this record, from 1
	Offset     uint64 `json:"offset,omitempty"`     // bytes that From has sent before over it, or of an older one since the first that was seen
	Sequence   uint32 `json:"sequence,omitempty"`   // TCP's number of the first byte, in a record of one machine of several: the same in all of them
}

// MaxText bounds Text, in bytes.
const MaxText = 1000

// String is the event as a line of text for people, without its time.
func (e Event) String() string {
	where := e.Process
	if e.Life > 1 {
		where += fmt.Sprintf(" (life %d)", e.Life)
	}
	if e.Link != nil {
		where = e.Link.From + " → " + e.Link.To
	}
	text := string(e.Kind)
	switch e.Kind {
	case Run:
		return fmt.Sprintf("record, version %d", e.Version)
	case Lost:
		return fmt.Sprintf("%d events or packets are missing here", e.Bytes)
	case Sent, Received, Dropped, Held:
		if e.Text == "" {
			text += fmt.Sprintf(" %d bytes", e.Bytes)
		}
	}
	if e.Text != "" {
		text += fmt.Sprintf(" %q", e.Text)
	}
	return where + "  " + text
}
