package checker

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Each case is a round that looks odd and breaks nothing.
func TestWhatIsAllowedPasses(t *testing.T) {
	for name, play := range map[string]func(s *scene){
		"nothing happens": func(*scene) {},
		"everybody talks": func(s *scene) {
			for _, who := range []string{"Server", "Client 1", "Client 2", "Client 3"} {
				s.types(who, "a of "+who)
				s.types(who, "b of "+who)
			}
		},
		"two of different senders in different order": func(s *scene) {
			s.types("Client 1", "a", "Server", "Client 2")
			s.types("Client 3", "b")
			s.shows("Client 3", "Client 1: a")
		},
		"a line that died with its typist": func(s *scene) {
			s.types("Client 1", "a", nobody)
			s.ends("Client 1", Killed)
		},
		"a line that only one showed who died too": func(s *scene) {
			s.types("Client 1", "a", "Client 2")
			s.ends("Client 1", Killed)
			s.ends("Client 2", Killed)
		},
		"old chat that a newcomer is not shown": func(s *scene) {
			s.types("Client 1", "a")
			s.ends("Client 2", Killed)
			s.joins("Client 2")
		},
		"an event that was typed, in quotes": func(s *scene) {
			s.types("Client 1", "terminated.", nobody)
			for _, who := range []string{"Server", "Client 2", "Client 3"} {
				s.shows(who, `Client 1: "terminated."`)
			}
		},
		"typed before the newcomer had met its typist": func(s *scene) {
			s.ends("Client 3", Killed)
			s.starts("Client 3")
			s.types("Client 1", "a", "Server", "Client 2")
			for _, who := range []string{"Server", "Client 1", "Client 2"} {
				s.shows(who, "Client 3: initiated.")
			}
			for _, who := range []string{"Client 1", "Client 2", "Client 3"} {
				s.shows("Client 3", who+": initiated.")
			}
		},
		"late, after a stop": func(s *scene) {
			s.now += 2 * time.Second
			s.fault("Client 2", 2*time.Second)
			s.types("Client 1", "a", "Server", "Client 3")
			s.now += 2500 * time.Millisecond
			s.shows("Client 2", "Client 1: a")
		},
		"late across a partition": func(s *scene) {
			s.now += 2 * time.Second
			s.Faults = append(s.Faults, Fault{"cut", []string{"Client 1"}, []string{"Client 3"}, s.now, s.now + 4*time.Second})
			s.types("Client 1", "a", "Server", "Client 2")
			s.now += 4 * time.Second
			s.shows("Client 3", "Client 1: a")
		},
		"an answer first, with a notice": func(s *scene) {
			s.types("Client 1", "a", "Client 2", "Server")
			s.now += tick
			s.shows("Client 3", "* Client 1: 1 line missing")
			s.types("Client 2", "b re a")
			s.shows("Client 3", "Client 1: a")
		},
		"an answer to what is lost with its dead typists, admitted": func(s *scene) {
			s.types("Client 1", "a", "Client 2")
			s.shows("Client 3", "* Client 1: 1 line lost")
			s.shows("Server", "* Client 2: 2 lines lost") // which said what it answers
			s.types("Client 2", "b re a", "Client 3", "Server")
			s.ends("Client 1", Killed)
			s.ends("Client 2", Killed)
		},
		"the server returns": func(s *scene) {
			s.types("Server", "before")
			s.returns()
			s.types("Server", "after")
			s.types("Client 1", "hello")
		},
		"a client returns and leaves": func(s *scene) {
			s.ends("Client 2", Killed)
			s.joins("Client 2")
			s.ends("Client 3", Left)
			for _, who := range []string{"Client 1", "Client 2", "Server"} {
				s.shows(who, "Client 3: terminated.")
			}
		},
		"the server says goodbye": func(s *scene) {
			s.ends("Server", Left)
			for _, who := range []string{"Client 1", "Client 2", "Client 3"} {
				s.shows(who, "Server: terminated.")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			play(s)
			s.quiet()
			v := Judge(s.History, bounds)
			assert.Equal(t, Pass, v.Outcome, v)
			assert.True(t, strings.HasPrefix(v.String(), "verdict: pass"))
		})
	}
}
