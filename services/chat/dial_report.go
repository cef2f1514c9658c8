package chat

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/tcp"
)

const (
	// patience is how many dials may fail, in a second or so, before a client
	// reports that it finds no server: one that is started with its clients is
	// there by then, and the source port of a process that was killed a moment ago
	// is free again.
	patience = 5
	// maxReports bounds what is counted for one dialler: the addresses that it
	// dials may come from other members.
	maxReports = 8
)

// dialReports counts the failures of one dialler, by warning. It is that dialler's own.
type dialReports map[string]int

// due counts a failure and reports whether it is the one to be reported.
func (r dialReports) due(warning string, after int) bool {
	if n, known := r[warning]; known || len(r) < maxReports {
		r[warning] = n + 1
	}
	return r[warning] == after
}

// failure is what the failure of a dial says about the program at the address.
type failure struct {
	after   int    // the failure that is reported: the first, or a later one
	waiting bool   // it is reported only by a client that is not in yet: later there are others to talk to
	text    string // with the address, a noun, what should answer there, and a remedy
}

var (
	noRoom     = &failure{1, false, "%[1]s has no room for this member; retrying"}
	badClock   = &failure{1, false, "%[1]s has another time than this member; retrying: set the clock here, or there"}
	noTrust    = &failure{1, false, "no TLS with %[1]s; retrying"}
	nameTaken  = &failure{1, false, "%[1]s has a link to another process of this name; retrying"}
	stranger   = &failure{1, false, "%[1]s answers, but not as %[3]s; retrying: %[4]s"}
	mute       = &failure{1, true, "%[1]s takes connections, but does not answer as %[3]s; retrying: %[4]s"}
	hangsUp    = &failure{patience, true, "%[1]s takes connections and closes them; retrying: %[4]s"}
	noProgram  = &failure{patience, true, "no %[2]s at %[1]s; waiting for it: %[4]s"}
	sourceBusy = &failure{patience + 1, true, "cannot call the server at %[1]s from PORT1; retrying: see who has the port (ss -tnp), or give another, or 0 for any"}
)

// refused maps the codes of refusals, by the other side and by this one, to
// failures; any other code is that of a stranger.
var refused = map[string]struct{ theirs, own *failure }{
	"taken": {nameTaken, nil}, "full": {noRoom, nil}, "certificate": {noTrust, noTrust}, "clock": {badClock, badClock}, "timeout": {nil, mute},
	"linked": {}, "crossed": {}, "leaving": {}, "silent": {}, // all of these pass
}

// failed returns what err says, or nil if that is nothing that a person can change.
func failed(err error, fresh bool) *failure {
	var theirs theirRefusal
	var own *lines.Refusal
	f := stranger
	switch {
	case errors.As(err, &theirs):
		if known, ok := refused[theirs.Code]; ok {
			f = known.theirs
		}
	case errors.As(err, &own):
		if known, ok := refused[own.Code]; ok {
			f = known.own
		}
	case errors.As(err, new(*mtls.Error)):
		f = noTrust
	case errors.Is(err, tcp.ErrSourceBusy):
		f = sourceBusy
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		f = hangsUp
	default:
		f = noProgram
	}
	if f != nil && f.waiting && !fresh {
		return nil
	}
	return f
}

// report writes to the log that a dial has failed: as a warning, once, what a
// person can change. Of an address that only other members have given it is not
// worth one.
func (m *member) report(p *peer, addr string, fresh bool, err error) {
	m.mu.Lock()
	noun, who, remedy := "", "", ""
	switch {
	case p.name == "":
		noun, who, remedy = "client", "a client of the chat", "check -peer"
	case p.fixed != "":
		noun, who, remedy = "server", "the server of the chat", "check -server; -peer HOST:PORT joins through another client"
	case p.registered:
		noun, who, remedy = "client", p.name.Display(), "another program may have the port that the registry has for it"
	}
	m.mu.Unlock()
	if f := failed(err, fresh); f != nil && (noun != "" || f == nameTaken) {
		warning := fmt.Sprintf(f.text, addr, noun, who, remedy)
		if p.reports.due(warning, f.after) {
			m.Log.Warn(warning, "err", err)
			return
		}
	}
	m.Log.Debug("no connection; retrying", "to", p.name, "addr", addr, "err", err)
}
