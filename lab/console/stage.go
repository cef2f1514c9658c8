package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Stage is a lab that the page shows and controls. Its methods may be called by any
// goroutine.
type Stage interface {
	// Programs returns all programs, in the order in which the page shows them.
	Programs() []Program
	// Type types at a program: a line with its LF, or keys if the program is Raw.
	Type(name string, b []byte) error
	// Act does something to a program.
	Act(ctx context.Context, name string, a Action) error
	// Links returns the links between the programs; nil if there are none to show. The error
	// says why they cannot be broken.
	Links() (links, error)
	// Files returns the paths of the files that a saved run has, by their names in it.
	Files() map[string]string
}

// Program is a program as the page shows it.
type Program struct {
	Name  string   `json:"name"`
	Node  string   `json:"node,omitempty"` // the machine, if there are several
	State RunState `json:"state"`
	Life  int      `json:"life"` // its number, from 1
	Raw   bool     `json:"raw"`  // its terminal has keys and an echo of its own
	Can   []Action `json:"can"`
}

// resizer is a stage whose programs draw on their terminals.
type resizer interface {
	Resize(ctx context.Context, name string, cols, rows int) error
}

// spread is a stage on several machines.
type spread interface{ Nodes() []Node }

// Node is a machine as the page shows it.
type Node struct {
	Name    string `json:"name"`
	Clock   string `json:"clock,omitempty"`   // how far it is ahead
	Problem string `json:"problem,omitempty"` // why it cannot be seen; "" if it can
}

// RunState is whether a program runs.
type RunState string

const (
	Running RunState = "running"
	Paused  RunState = "paused"
	Exited  RunState = "exited"
	Away    RunState = "away" // its node cannot be reached
)

// Action is something that is done to a program.
type Action string

const (
	Kill      Action = "kill"   // by SIGKILL
	Stop      Action = "stop"   // by SIGTERM
	Pause     Action = "pause"  // where it is, as SIGSTOP does
	Resume    Action = "resume" // after Pause
	Start     Action = "start"  // again, after its end
	Interrupt Action = "interrupt"
	EndInput  Action = "end-input"
)

// actions returns what can be done to a program that is in a state.
func actions(s RunState) []Action {
	switch s {
	case Running:
		return []Action{Kill, Stop, Pause}
	case Paused:
		return []Action{Kill, Resume}
	}
	return []Action{Start}
}

// Limits of one action, and of a program to read what is typed.
const (
	actionLimit = 30 * time.Second
	typeLimit   = 2 * time.Second
)

// unknown returns the error of a name that is no program's.
func unknown(name string) error { return fmt.Errorf("there is no program %q", name) }

// notRunning returns the error of typing at a program that has exited.
func notRunning(name string) error { return fmt.Errorf("%s does not run: start it first", name) }

// typing returns an error of typing at a program as the page shows it, or nil.
func typing(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%s does not read what is typed: it is paused or busy", name)
	}
	return fmt.Errorf("typing at %s: %w", name, err)
}

// sortPrograms sorts programs by name, servers first.
func sortPrograms(all []Program) {
	place := func(p Program) int {
		if strings.Contains(p.Name, "server") {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b Program) int { return cmp.Or(place(a)-place(b), cmp.Compare(a.Name, b.Name)) })
}
