package checker

import (
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is a history that is being written by hand. Everything that is done
// takes place at the next tenth of a second unless a moment is given.
type scene struct {
	History
	now  time.Duration
	life map[string]int // by name: the life that is now
}

const tick = 100 * time.Millisecond

// newScene is a server and three clients, all introduced, at second 1.
func newScene() *scene {
	s := &scene{life: map[string]int{}}
	s.Replay = "do it again"
	s.starts("Server")
	for _, who := range []string{"Client 1", "Client 2", "Client 3"} {
		s.joins(who)
	}
	s.now = time.Second
	return s
}

func (s *scene) starts(who string) {
	s.now += tick
	s.life[who] = len(s.Lives)
	s.Lives = append(s.Lives, Life{Who: who, From: s.now})
}

// joins starts a client that everybody meets.
func (s *scene) joins(who string) {
	s.starts(who)
	for other, l := range s.life {
		if s.Lives[l].End == Lives {
			s.shows(other, who+": initiated.")
			if other != who && other != "Server" {
				s.shows(who, other+": initiated.")
			}
		}
	}
}

func (s *scene) on(who string) *Life { return &s.Lives[s.life[who]] }

func (s *scene) shows(who, line string) { s.showsAt(who, line, s.now) }

func (s *scene) showsAt(who, line string, at time.Duration) {
	l := s.on(who)
	l.Screen = append(l.Screen, Shown{at, line})
}

// types has a line typed and shown at those who are named; nobody: at all others.
func (s *scene) types(who, text string, at ...string) {
	s.now += tick
	s.Typed = append(s.Typed, Typed{Life: s.life[who], At: s.now, Text: text})
	s.now += time.Millisecond
	if len(at) == 0 {
		for other, l := range s.life {
			if other != who && s.Lives[l].End == Lives {
				at = append(at, other)
			}
		}
	}
	for _, other := range at {
		if other != "" {
			s.shows(other, who+": "+text)
		}
	}
}

// nobody is shown the line.
const nobody = ""

func (s *scene) ends(who string, how End) {
	s.now += tick
	s.on(who).End, s.on(who).To = how, s.now
}

func (s *scene) fault(a string, takes time.Duration) {
	s.now += tick
	s.Faults = append(s.Faults, Fault{What: "stopped", A: []string{a}, From: s.now, To: s.now + takes})
}

// quiet ends the round: after the quiet period has begun everybody who lives
// types once more.
func (s *scene) quiet() {
	s.now += 5 * time.Second
	s.Quiet = s.now
	for i, who := range []string{"Server", "Client 1", "Client 2", "Client 3"} {
		if s.on(who).End == Lives {
			s.types(who, fmt.Sprintf("last-%d", i))
		}
	}
	s.End = s.now + 20*time.Second
}
