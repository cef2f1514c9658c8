package checker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAHistoryThatProvesNothingIsUnknown(t *testing.T) {
	for name, test := range map[string]struct {
		play  func(s *scene) // before the quiet period
		spoil func(s *scene) // after it
		why   string
	}{
		"cut short":             {nil, func(s *scene) { s.Cut = "client2 did not take what was typed" }, "client2 did not take what was typed"},
		"no quiet period":       {nil, func(s *scene) { s.Quiet = 0 }, "before its quiet period"},
		"quiet period after it": {nil, func(s *scene) { s.Quiet = s.End + 1 }, "before its quiet period"},
		"quiet too short for what is missing": {
			func(s *scene) { s.types("Client 1", "a", "Server", "Client 3") },
			func(s *scene) { s.End = s.Quiet + 5*time.Second }, "something is missing yet",
		},
		"never healed": {func(s *scene) { s.fault("Client 1", -time.Hour) }, nil, "was not healed"},
		"healed late":  {func(s *scene) { s.fault("Client 1", time.Hour) }, nil, "was not healed"},
		"ended by itself": {func(s *scene) {
			s.ends("Client 3", Failed)
			s.types("Client 1", "a", "Server")
		}, nil, "ended by itself"},
		"never came in": {func(s *scene) {
			s.ends("Client 3", Killed)
			s.starts("Client 3")
		}, nil, "never came in"},
		"silent in the quiet period": {nil, func(s *scene) { s.Typed = s.Typed[:len(s.Typed)-1]; s.strip("Client 3: last-3") }, "typed nothing in the quiet period"},
		"a survivor and nobody else": {func(s *scene) {
			for _, who := range []string{"Server", "Client 1", "Client 2"} {
				s.ends(who, Killed)
			}
		}, nil, "fewer than two survived"},
		"a screen whose beginning is lost": {nil, func(s *scene) { s.on("Client 1").Forgotten = 3 }, "were not recorded"},
		"the same line typed twice": {func(s *scene) {
			s.types("Client 1", "a")
			s.types("Client 1", "a")
		}, nil, "typed twice"},
		"typed at a dead one": {func(s *scene) {
			s.ends("Client 1", Killed)
			s.types("Client 1", "a")
		}, nil, "was not there"},
		"typed at nobody":          {nil, func(s *scene) { s.Typed[0].Life = 9 }, "at nobody"},
		"typed in the wrong order": {nil, func(s *scene) { s.Typed[1].At = 0 }, "before the line before it"},
		"ended before it began":    {nil, func(s *scene) { s.on("Client 1").End = Killed }, "ended before it began"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			if test.play != nil {
				test.play(s)
			}
			s.quiet()
			if test.spoil != nil {
				test.spoil(s)
			}
			v := Judge(s.History, bounds)
			assert.Equal(t, Unknown, v.Outcome, v)
			assert.Contains(t, v.Why, test.why)
			assert.Contains(t, v.String(), "unknown: ")
			assert.Contains(t, v.String(), "replay: ")
		})
	}
}

// strip takes a line off all screens.
func (s *scene) strip(line string) {
	for i := range s.Lives {
		l := &s.Lives[i]
		for n := len(l.Screen) - 1; n >= 0; n-- {
			if l.Screen[n].Text == line {
				l.Screen = append(l.Screen[:n], l.Screen[n+1:]...)
			}
		}
	}
}
