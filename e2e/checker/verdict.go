package checker

import (
	"fmt"
	"strings"
	"time"
)

// Guarantee is what the chat promises, by its number in the design.
type Guarantee int

const (
	Delivery Guarantee = iota + 1
	FIFO
	Agreement
	Causality
	Isolation
	Return
)

func (g Guarantee) String() string {
	return [...]string{"", "delivery", "FIFO", "agreement", "causality", "isolation", "return"}[g]
}

// Outcome is what a verdict says.
type Outcome int

const (
	// Unknown is the outcome of a history that proves nothing: it is no pass.
	Unknown Outcome = iota
	Pass
	Fail
)

func (o Outcome) String() string { return [...]string{"unknown", "pass", "fail"}[o] }

// Breach is a line that breaks a guarantee.
type Breach struct {
	Guarantee Guarantee
	At        time.Duration // when the line was shown, or typed if it was not
	Screen    string        // whose
	Line      string        // as it is, or would be, on the screen
	Because   string
}

func (b Breach) String() string {
	return fmt.Sprintf("%v is broken at %.3fs on the screen of %s, by %q: %s",
		b.Guarantee, b.At.Seconds(), b.Screen, b.Line, b.Because)
}

// Verdict is what the checker says of a history.
type Verdict struct {
	Outcome  Outcome
	Why      string   // of Unknown
	Breaches []Breach // of Fail; the first is the one that came first
	Replay   string
	// Judged counts what was required of the screens, so that one can see that
	// a pass was not for want of anything to judge.
	Judged map[Guarantee]int
}

// maxListed is how many breaches a verdict's text lists.
const maxListed = 10

func (v Verdict) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "verdict: %v", v.Outcome)
	switch v.Outcome {
	case Unknown:
		fmt.Fprintf(&b, ": %s", v.Why)
	case Fail:
		for i, breach := range v.Breaches {
			if i == maxListed {
				fmt.Fprintf(&b, "\n  and %d more", len(v.Breaches)-maxListed)
				break
			}
			fmt.Fprintf(&b, "\n  %v", breach)
		}
	case Pass:
	}
	b.WriteString("\n  judged:")
	for g := Delivery; g <= Return; g++ {
		fmt.Fprintf(&b, " %v %d", g, v.Judged[g])
	}
	if v.Replay != "" {
		fmt.Fprintf(&b, "\n  replay: %s", v.Replay)
	}
	return b.String()
}
