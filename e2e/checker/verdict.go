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
	Place     Place
	Others    []Place // that the reason is about, too
}

// Place is a line of a screen in a history, or, with Line -1, the whole life: the line is
// missing there.
type Place struct {
	Life int // index in Lives
	Line int // index in its Screen
}

// about adds places that the reason of a breach is about.
func (b *Breach) about(others ...Place) { b.Others = append(b.Others, others...) }

func (b Breach) String() string {
	return fmt.Sprintf("%v is broken at %.3fs on the screen of %s, by %q: %s",
		b.Guarantee, b.At.Seconds(), b.Screen, short(b.Line), b.Because)
}

// maxShown is how much of a line is shown in what is said of it.
const maxShown = 80

func short(line string) string {
	if len(line) <= maxShown {
		return line
	}
	return fmt.Sprintf("%s… (%d bytes)", line[:maxShown], len(line))
}

// Verdict is what the checker says of a history.
type Verdict struct {
	Outcome  Outcome
	Why      string   // of Unknown; or why lines that are missing were not judged
	Breaches []Breach // of Fail; the first is the one that came first
	Replay   string
	// Judged counts what was required of the screens, so that one can see that
	// a pass was not for want of anything to judge.
	Judged map[Guarantee]int
}

// First is the breach that came first as a sentence; or why there is no pass.
func (v Verdict) First() string {
	if len(v.Breaches) > 0 {
		return v.Breaches[0].String()
	}
	return fmt.Sprintf("verdict: %v: %s", v.Outcome, v.Why)
}

// maxListed is how many breaches a verdict's text lists.
const maxListed = 10

func (v Verdict) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "verdict: %v", v.Outcome)
	if v.Why != "" {
		fmt.Fprintf(&b, ": %s", v.Why)
	}
	if v.Outcome == Fail {
		for i, breach := range v.Breaches {
			if i == maxListed {
				fmt.Fprintf(&b, "\n  and %d more", len(v.Breaches)-maxListed)
				break
			}
			fmt.Fprintf(&b, "\n  %v", breach)
		}
		b.WriteString("\n  broken:")
		counts(&b, v.count())
	}
	b.WriteString("\n  judged:")
	counts(&b, v.Judged)
	if v.Replay != "" {
		fmt.Fprintf(&b, "\n  replay: %s", v.Replay)
	}
	return b.String()
}

// count is how often each guarantee is broken.
func (v Verdict) count() map[Guarantee]int {
	n := map[Guarantee]int{}
	for _, b := range v.Breaches {
		n[b.Guarantee]++
	}
	return n
}

func counts(b *strings.Builder, n map[Guarantee]int) {
	for g := Delivery; g <= Return; g++ {
		fmt.Fprintf(b, " %v %d", g, n[g])
	}
}
