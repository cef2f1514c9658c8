package grade

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"peerlab/lab"
)

// Times of a start for Examine.
const (
	listenLimit = 5 * time.Second
	lookAgain   = 20 * time.Millisecond
)

// listeners are the roles that listen, in the order in which their programs are started.
var listeners = map[string][]string{
	"chat": {"server"}, "relay": {"relay"}, "order": {"order-server"}, "room": {"room-server"},
}

// Examine says what is found of a submission, builds it, and starts what listens once, to
// see where, and what it prints. say is told each finding. ok is whether it could be
// graded. The error is the bench's.
func (g *Grader) Examine(ctx context.Context, from string, say func(format string, args ...any)) (ok bool, err error) {
	place, err := g.Bench.TempDir("peerlab-submission-")
	if err != nil {
		return false, err
	}
	defer g.Bench.RemoveTemp(place)
	s, wrong, err := g.open(from, place)
	if err != nil {
		return false, err
	}
	tell := say
	say = func(format string, args ...any) { tell("%s", s.asGiven(fmt.Sprintf(format, args...))) }
	for _, note := range s.Notes {
		say("%s", note)
	}
	if wrong == nil {
		if wrong, err = g.build(ctx, s); err != nil {
			return false, err
		}
	}
	if wrong != nil {
		say("missing: %v", wrong)
		return false, nil
	}
	if s.Build != "" {
		say("it builds")
	}
	return g.start(ctx, s, say)
}

// start starts the programs of a submission that listen.
func (g *Grader) start(ctx context.Context, s *Submission, say func(format string, args ...any)) (ok bool, err error) {
	l, err := g.Bench.NewLab(lab.Options{Programs: s.Plays, Limits: g.limits(s)})
	if err != nil {
		return false, err
	}
	defer l.Close()
	ok = true
	for _, role := range listeners[g.Rubric.System] {
		all, err := l.Start(ctx, lab.Spec{Name: role, Vars: map[string]string{
			"LISTEN": "127.0.0.1:4000", "HOST": "127.0.0.1", "PORT": "4000", "REGISTRY": "clients.txt",
		}})
		if err != nil {
			say("%s: %v", role, err)
			return false, nil
		}
		life := all[0].Life()
		at := awaitListening(ctx, life)
		switch {
		case !life.Running():
			say("%s %s at once%s", role, life.Outcome(), quoted(life))
			ok = false
		case len(at) == 0:
			say("%s did not listen at any port within %v%s", role, listenLimit, quoted(life))
			ok = false
		default:
			say("%s listens at %v%s", role, at[0], quoted(life))
			if at[0].Addr().IsUnspecified() {
				say("%s listens at all addresses of the machine: 127.0.0.1 is enough, and safer", role)
			}
		}
	}
	return ok, l.End()
}

// awaitListening returns where a life listens, and nothing if it does not.
func awaitListening(ctx context.Context, life *lab.Life) (at []netip.AddrPort) {
	limited, cancel := context.WithTimeout(ctx, listenLimit)
	defer cancel()
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		if at = life.Listening(limited); len(at) > 0 {
			return at
		}
		select {
		case <-life.Ended():
			return nil
		case <-limited.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// quoted is what a life has printed, for a sentence; "" if nothing.
func quoted(life *lab.Life) string {
	if text := said(life); text != "" {
		return fmt.Sprintf(", and printed:\n%s", indent(text))
	}
	return ""
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(text, "\n", "\n    ")
}
