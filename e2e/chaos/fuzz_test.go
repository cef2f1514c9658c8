package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/checker"
	"peerlab/e2e/fuzzer"
	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

const (
	fuzzClients = 3
	fuzzRate    = 300 // messages a second, to all members together
	// fuzzLimit is for a line of one honest member to be on the screen of another.
	fuzzLimit = time.Second
	fuzzing   = "fuzz" // the name of the member that fuzzes
)

// TestChaosFuzz plays rounds in which the members of a chat type, and another one
// sends each of them messages at random: of lines that do not exist, in the names of
// others, different ones to each. Whatever it sends, every line of the others shows on
// all of their screens, once, in order, and soon, and no line that they have not typed.
func TestChaosFuzz(t *testing.T) {
	lab.NeedsOwn(t, "server", "client") // a program that believes what others say is a member, too
	inRounds(t, 1, 6*time.Second, func(t *testing.T, seed uint64, length time.Duration, replay string) {
		r := newFuzzRound(t, replay)
		m := r.fuzzes(seed, length)
		t.Logf("sent, and why links ended: %v", m)
		t.Log(r.slowest())
		r.cutsNone()
		r.passes()
	})
}

// newFuzzRound begins a round of honest members, and of one that has typed and was
// killed. The checker does not judge what the fuzzing member, an invented one, or from
// now on the one that was killed is said to have typed, for these cannot object.
func newFuzzRound(t *testing.T, replay string) *round {
	t.Helper()
	r := newRound(t, fuzzClients+1, replay)
	r.bounds.Delay, r.bounds.Recovery = fuzzLimit, 0
	r.begin()
	dead := client(fuzzClients + 1)
	for range 3 {
		line := r.says(dead, "")
		for _, who := range r.survivors() {
			if who != dead {
				r.process(who).Sees(line)
			}
		}
	}
	r.kills(dead)
	fuzzed := time.Now()
	r.ignores = func(l lab.Line) bool {
		text, notice := strings.CutPrefix(l.Text, "* ")
		who, _, _ := strings.Cut(text, ": ")
		return who == dead && l.At.After(fuzzed) || (notice || strings.HasPrefix(who, "Client ")) && r.life(who) < 0
	}
	return r
}

// fuzzes types at all members for so long, while another one fuzzes.
func (r *round) fuzzes(seed uint64, length time.Duration) *fuzzer.Member {
	r.t.Helper()
	m := &fuzzer.Member{Name: fuzzing, Seed: seed, PerSecond: fuzzRate, To: []string{r.At}, Dial: r.DialContext}
	for _, id := range stage.IDs(fuzzClients) {
		m.To = append(m.To, r.Ports[id].Address())
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Run(ctx)
	}()
	over := func() {
		stop()
		<-done
	}
	r.t.Cleanup(over)
	p := &plan{rnd: rand.New(rand.NewPCG(seed, 6)), length: length, members: r.survivors()}
	for _, who := range p.members {
		p.talk(who)
	}
	slices.SortStableFunc(p.steps, func(a, b step) int { return int(a.at - b.at) })
	r.play(p)
	over()
	return m
}

// slowest says which line took longest to any screen of another.
func (r *round) slowest() string {
	typed := map[string]checker.Typed{}
	for _, line := range r.typed {
		typed[r.lives[line.Life].Who+": "+line.Text] = line
	}
	longest, which := time.Duration(0), ""
	for i, l := range r.history("").Lives {
		seen := map[string]bool{}
		for _, s := range l.Screen {
			line, ok := typed[s.Text]
			if took := s.At - line.At; ok && line.Life != i && !seen[s.Text] && took > longest {
				longest, which = took, fmt.Sprintf("%.40q at %s", s.Text, l.Who)
			}
			seen[s.Text] = true
		}
	}
	return fmt.Sprintf("%d lines typed; the slowest took %v: %s", len(r.typed), longest.Round(time.Millisecond), which)
}

// cutsNone requires that no honest member has cut the link to another.
func (r *round) cutsNone() {
	r.t.Helper()
	all := r.survivors()
	for _, who := range all {
		p := r.process(who)
		p.Mark()
		p.Types("/stats")
		p.Contains("* kept for members that are behind")
		for _, line := range p.Lines() {
			r.t.Logf("%s: %s", who, line.Text)
			for _, other := range all {
				assert.False(r.t, strings.HasPrefix(line.Text, "* the link to "+other+" was cut"), "%s: %s", who, line.Text)
			}
		}
	}
}
