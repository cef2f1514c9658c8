package checker

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var bounds = Bounds{Delay: time.Second, Recovery: time.Second, Quiet: 10 * time.Second}

// Each case is a round that differs from a good one in one thing.
func TestABreachIsNamed(t *testing.T) {
	for name, test := range map[string]struct {
		play   func(s *scene)
		of     Guarantee
		screen string
		line   string
	}{
		"shown twice": {func(s *scene) {
			s.types("Client 1", "a")
			s.shows("Client 2", "Client 1: a")
		}, Delivery, "Client 2", "Client 1: a"},
		"shown to its typist": {func(s *scene) {
			s.types("Client 1", "a", "Server", "Client 1", "Client 2", "Client 3")
		}, Delivery, "Client 1", "Client 1: a"},
		"typed by nobody": {func(s *scene) {
			s.shows("Client 2", "Client 1: a")
		}, Delivery, "Client 2", "Client 1: a"},
		"under another's name": {func(s *scene) {
			s.types("Client 1", "a")
			s.shows("Client 2", "Client 3: a")
		}, Delivery, "Client 2", "Client 3: a"},
		"an event that was typed": {func(s *scene) {
			s.types("Client 1", "terminated.", nobody)
			s.shows("Server", `Client 1: "terminated."`)
			s.shows("Client 2", "Client 1: terminated.")
			s.shows("Client 3", `Client 1: "terminated."`)
		}, Delivery, "Client 2", `Client 1: "terminated."`},
		"a notice that was typed": {func(s *scene) {
			s.shows("Client 2", "Client 1: (1 lines lost)")
		}, Delivery, "Client 2", "Client 1: (1 lines lost)"},
		"a notice of nobody": {func(s *scene) {
			s.shows("Client 2", "* Client 9: 1 line lost")
		}, Delivery, "Client 2", "* Client 9: 1 line lost"},
		"of nobody at all": {func(s *scene) {
			s.shows("Client 2", "Client 9: initiated.")
		}, Delivery, "Client 2", "Client 9: initiated."},
		"no line of the chat": {func(s *scene) {
			s.shows("Client 2", "warning")
		}, Delivery, "Client 2", "warning"},
		"before it was typed": {func(s *scene) {
			s.showsAt("Client 2", "Client 1: a", s.now)
			s.now += time.Second
			s.types("Client 1", "a", "Server", "Client 3")
		}, Delivery, "Client 2", "Client 1: a"},
		"missing": {func(s *scene) {
			s.types("Client 1", "a", "Server", "Client 3")
		}, Delivery, "Client 2", "Client 1: a"},
		"missing while a fault was on": {func(s *scene) {
			s.fault("Client 2", 3*time.Second)
			s.types("Client 1", "a", "Server", "Client 3")
		}, Delivery, "Client 2", "Client 1: a"},
		"missing of a newcomer that all have met": {func(s *scene) {
			s.ends("Client 1", Killed)
			s.joins("Client 1")
			s.types("Client 1", "a", "Server", "Client 2")
		}, Delivery, "Client 3", "Client 1: a"},
		"missing, though the screen admits it": {func(s *scene) {
			s.types("Client 1", "a", "Server", "Client 3")
			s.shows("Client 2", "* Client 1: 1 line lost")
		}, Delivery, "Client 2", "Client 1: a"},
		"never passed on before its typist died": {func(s *scene) {
			s.now += time.Second
			s.types("Client 1", "a", "Server", "Client 3")
			s.now += 3 * time.Second
			s.ends("Client 2", Killed)
		}, Delivery, "Client 2", "Client 1: a"},
		"two in the wrong order": {func(s *scene) {
			s.types("Client 1", "a", "Server", "Client 3")
			s.types("Client 1", "b")
			s.shows("Client 2", "Client 1: a")
		}, FIFO, "Client 2", "Client 1: a"},
		"a dead one's line at one survivor only": {func(s *scene) {
			s.types("Client 1", "a", "Client 2")
			s.ends("Client 1", Killed)
		}, Agreement, "Server", "Client 1: a"},
		"the server's last line at one survivor only": {func(s *scene) {
			s.types("Server", "a", "Client 1", "Client 3")
			s.ends("Server", Killed)
		}, Agreement, "Client 2", "Server: a"},
		"a line of one that left": {func(s *scene) {
			s.types("Client 1", "a", "Client 2", "Client 3")
			s.ends("Client 1", Left)
		}, Agreement, "Server", "Client 1: a"},
		"of one that nobody but its witness has met": {func(s *scene) {
			s.ends("Client 1", Killed)
			s.starts("Client 1")
			s.shows("Client 2", "Client 1: initiated.")
			s.types("Client 1", "a", "Client 2")
			s.ends("Client 1", Killed)
		}, Agreement, "Server", "Client 1: a"},
		"an answer first": {func(s *scene) {
			s.types("Client 1", "a", "Server", "Client 2")
			s.types("Client 2", "b re a")
			s.shows("Client 3", "Client 1: a")
		}, Causality, "Client 3", "Client 2: b re a"},
		"what its typist had seen, but did not say so, after it": {func(s *scene) {
			s.types("Server", "a", "Client 1", "Client 2")
			s.types("Client 2", "b")
			s.shows("Client 3", "Server: a")
		}, Causality, "Client 3", "Client 2: b"},
		"admitted after the answer, not before": {func(s *scene) {
			s.types("Client 1", "a", "Server", "Client 2")
			s.types("Client 2", "b re a")
			s.shows("Client 3", "* Client 1: 1 line lost")
			s.shows("Client 3", "Client 1: a")
		}, Causality, "Client 3", "Client 2: b re a"},
		"an answer to what is not there, as both typists are dead": {func(s *scene) {
			s.types("Client 1", "a", "Client 2")
			s.types("Client 2", "b re a", "Client 3")
			s.shows("Server", "* Client 1: 1 line missing")
			s.shows("Server", "Client 2: b re a")
			s.ends("Client 1", Killed)
			s.ends("Client 2", Killed)
		}, Causality, "Client 3", "Client 2: b re a"},
		"admitted of another than the one that is not there": {func(s *scene) {
			s.types("Client 1", "a", "Client 2")
			s.shows("Client 3", "* Server: 1 line missing")
			s.shows("Server", "* Client 1: 1 line missing")
			s.types("Client 2", "b re a", "Client 3", "Server")
			s.ends("Client 1", Killed)
			s.ends("Client 2", Killed)
		}, Causality, "Client 3", "Client 2: b re a"},
		"missing where only the process itself knows that it has met the typist": {func(s *scene) {
			s.ends("Client 3", Killed)
			s.starts("Client 3")
			s.shows("Client 3", "Client 3: initiated.")
			s.types("Client 1", "a", "Server", "Client 2")
			s.Typed[len(s.Typed)-1].Concerns = []int{s.life["Client 3"]}
			for _, who := range []string{"Server", "Client 1", "Client 2"} {
				s.shows(who, "Client 3: initiated.")
				s.shows("Client 3", who+": initiated.")
			}
		}, Delivery, "Client 3", "Client 1: a"},
		"late, while another is stopped": {func(s *scene) {
			s.now += 2 * time.Second
			s.fault("Client 3", 5*time.Second)
			s.types("Client 1", "a", "Server", "Client 3")
			s.now += 3 * time.Second
			s.shows("Client 2", "Client 1: a")
		}, Isolation, "Client 2", "Client 1: a"},
		"late within a part of a partition": {func(s *scene) {
			s.now += 2 * time.Second
			s.Faults = append(s.Faults, Fault{"cut", []string{"Client 1", "Client 2"}, []string{"Client 3", "Server"}, s.now, s.now + 4*time.Second})
			s.types("Client 1", "a", nobody)
			s.now += 3 * time.Second
			for _, who := range []string{"Client 2", "Client 3", "Server"} {
				s.shows(who, "Client 1: a")
			}
		}, Isolation, "Client 2", "Client 1: a"},
		"reconnected to the first server": {func(s *scene) {
			s.shows("Server", "Client 1: reconnected")
		}, Return, "Server", "Client 1: reconnected"},
		"reconnected to a client": {func(s *scene) {
			s.shows("Client 2", "Client 1: reconnected")
		}, Return, "Client 2", "Client 1: reconnected"},
		"initiated twice": {func(s *scene) {
			s.shows("Client 2", "Client 1: initiated.")
		}, Return, "Client 2", "Client 1: initiated."},
		"initiated twice on its own screen": {func(s *scene) {
			s.shows("Client 2", "Client 2: initiated.")
		}, Return, "Client 2", "Client 2: initiated."},
		"a server that did not return": {func(s *scene) {
			s.shows("Client 2", "Server: initiated")
			s.shows("Client 2", "Server: initiated")
		}, Return, "Client 2", "Server: initiated"},
		"terminated, but it lives": {func(s *scene) {
			s.shows("Client 2", "Server: terminated.")
		}, Return, "Client 2", "Server: terminated."},
		"terminated, but it was killed": {func(s *scene) {
			s.ends("Client 1", Killed)
			s.shows("Client 2", "Client 1: terminated.")
		}, Return, "Client 2", "Client 1: terminated."},
		"reconnected twice": {func(s *scene) {
			s.returns()
			s.shows("Server", "Client 1: reconnected")
		}, Return, "Server", "Client 1: reconnected"},
		"reconnected and initiated": {func(s *scene) {
			s.returns()
			s.shows("Server", "Client 1: initiated.")
		}, Return, "Server", "Client 1: initiated."},
		"not reconnected": {func(s *scene) {
			s.returns("Client 2")
		}, Return, "Server", "Client 2: reconnected"},
		"not told of the server's return": {func(s *scene) {
			s.returns()
			s.on("Client 3").Screen = s.on("Client 3").Screen[:len(s.on("Client 3").Screen)-1]
		}, Return, "Client 3", "Server: initiated"},
		"not told of a newcomer": {func(s *scene) {
			s.ends("Client 1", Killed)
			s.joins("Client 1")
			s.on("Client 3").Screen = s.on("Client 3").Screen[:len(s.on("Client 3").Screen)-1]
		}, Return, "Client 3", "Client 1: initiated."},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			test.play(s)
			s.quiet()
			v := Judge(s.History, bounds)
			require.Equal(t, Fail, v.Outcome, v)
			first := v.Breaches[0]
			assert.Equal(t, test.of, first.Guarantee, v)
			assert.Equal(t, test.screen, first.Screen, v)
			assert.Equal(t, test.line, first.Line, v)
			checkPlaces(t, s.History, first)
			assert.Contains(t, v.String(), "replay: do it again")
			assert.Contains(t, v.String(), test.of.String()+" is broken")
		})
	}
}

// checkPlaces asserts that a breach says where its line is, and those of its reason.
func checkPlaces(t *testing.T, h History, b Breach) {
	t.Helper()
	text := func(p Place) string { return h.Lives[p.Life].Screen[p.Line].Text }
	assert.Equal(t, b.Screen, h.Lives[b.Place.Life].Who)
	if b.Place.Line >= 0 {
		assert.Equal(t, b.Line, text(b.Place))
	}
	switch b.Guarantee {
	case FIFO, Agreement, Causality:
		require.NotEmpty(t, b.Others, b)
	}
	for _, p := range b.Others {
		switch {
		case b.Guarantee == Agreement:
			assert.Equal(t, b.Line, text(p))
		case b.Guarantee == FIFO || b.Guarantee == Causality:
			_, typed, _ := strings.Cut(text(p), ": ")
			assert.Contains(t, b.Because, typed)
		case p.Line >= 0:
			assert.Equal(t, b.Line, text(p))
			assert.Less(t, p.Line, b.Place.Line)
		}
	}
}

// returns restarts the server, which gets all clients back but those named.
func (s *scene) returns(except ...string) {
	s.ends("Server", Killed)
	s.starts("Server")
	for _, who := range []string{"Client 1", "Client 2", "Client 3"} {
		if !slices.Contains(except, who) {
			s.shows("Server", who+": reconnected")
		}
		s.shows(who, "Server: initiated")
	}
}

// A server that a client has not met is no reason to tell twice of the next one.
func TestInTheQuietPeriodALifeIsToldOfOnce(t *testing.T) {
	for times, want := range map[int]Outcome{1: Pass, 2: Fail} {
		s := newScene()
		s.ends("Server", Killed)
		s.starts("Server")
		s.ends("Server", Killed)
		s.now += 5 * time.Second
		s.Quiet = s.now
		s.now += bounds.Recovery
		s.starts("Server")
		for _, who := range []string{"Client 1", "Client 2", "Client 3"} {
			s.shows("Server", who+": reconnected")
			s.shows(who, "Server: initiated")
		}
		for range times - 1 {
			s.shows("Client 3", "Server: initiated")
		}
		for i, who := range []string{"Server", "Client 1", "Client 2", "Client 3"} {
			s.types(who, fmt.Sprintf("last-%d", i))
		}
		s.End = s.now + 20*time.Second
		v := Judge(s.History, bounds)
		require.Equal(t, want, v.Outcome, v)
		if want == Fail {
			assert.Equal(t, Breach{Return, v.Breaches[0].At, "Client 3", "Server: initiated", v.Breaches[0].Because, Place{3, 4}, []Place{{3, 3}}}, v.Breaches[0])
			assert.Contains(t, v.Breaches[0].Because, "2 times in the quiet period")
		}
	}
}

// What is wrong whatever comes later is wrong in a round that was cut, too.
func TestARoundThatWasCutCanBeConvictedOfWhatItShows(t *testing.T) {
	s := newScene()
	s.types("Client 1", "a", "Server", "Client 3") // would be missing
	s.types("Client 3", "b")
	s.shows("Client 2", "Client 3: b")
	s.End, s.Cut = s.now, "somebody pulled the plug"
	v := Judge(s.History, bounds)
	require.Equal(t, Fail, v.Outcome)
	require.Len(t, v.Breaches, 1)
	assert.Equal(t, Delivery, v.Breaches[0].Guarantee)
	assert.Equal(t, "Client 3: b", v.Breaches[0].Line)
	assert.Contains(t, v.String(), "verdict: fail: somebody pulled the plug\n", "what is missing was not judged")
}

func TestTheFirstBreachComesFirst(t *testing.T) {
	s := newScene()
	s.types("Client 1", "a", "Server", "Client 2") // missing at 3
	s.types("Client 1", "b")
	s.shows("Client 2", "Client 1: b")
	for range 20 {
		s.shows("Client 2", "nonsense")
	}
	s.quiet()
	v := Judge(s.History, bounds)
	require.Equal(t, Fail, v.Outcome)
	assert.Equal(t, Breach{Delivery, v.Breaches[0].At, "Client 3", "Client 1: a", "it was typed at a live terminal and is not there", Place{3, -1}, nil}, v.Breaches[0])
	assert.Contains(t, v.String(), "and 12 more")
}

func TestAPassTellsWhatItJudged(t *testing.T) {
	s := newScene()
	s.types("Client 1", "a")
	s.types("Client 2", "b")
	s.now += 3 * time.Second
	s.types("Server", "c")
	s.returns()
	s.quiet()
	v := Judge(s.History, bounds)
	require.Equal(t, Pass, v.Outcome, v)
	for g := Delivery; g <= Return; g++ {
		assert.Positive(t, v.Judged[g], g)
	}
}
