package chat

import (
	"errors"
	"io"
	"syscall"

	"peerlab/services/internal/lines"
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

// dialReports counts the failures of one dialler, by address and kind, for each
// to be reported once. It is that dialler's own.
type dialReports map[[2]string]int

// due counts a failure and reports whether it is the one to be reported.
func (r dialReports) due(addr string, f failure) bool {
	key := [2]string{addr, f.kind}
	if _, known := r[key]; !known && len(r) >= maxReports {
		return false
	}
	r[key]++
	return r[key] == f.after
}

// expectation is what should answer at an address that a person or the registry
// has given, and what to do if it does not.
type expectation struct{ noun, who, remedy string }

// expected returns false for an address that only other members have given. With
// p nil the address is one to join through.
func (m *member) expected(p *peer) (want expectation, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case p == nil:
		return expectation{"client", "a client of the chat", "check -peer"}, true
	case p.fixed != "":
		return expectation{"server", "the server of the chat", "check -server; -peer HOST:PORT joins through another client"}, true
	case p.registered:
		return expectation{"client", p.name.Who(), "another program may have the port that the registry has for it"}, true
	}
	return expectation{}, false
}

// failure is what the failure of a dial says about who is at the address.
type failure struct {
	kind  string
	after int // which one is reported; 0: none
	text  string
}

// failed returns what err says of the address addr, where want should be. While fresh
// is true, this client is not in yet: that it finds no member is worth reporting
// then, and later there are others to talk to.
func failed(addr string, want expectation, fresh bool, err error) failure {
	var theirs theirRefusal
	var own *lines.Refusal
	switch {
	case errors.As(err, &theirs):
		switch theirs.Code {
		case "taken", "linked", "crossed", "leaving", "silent", "timeout":
			return failure{}
		case "full":
			return failure{"full", 1, addr + " has no room for this member; retrying"}
		case "clock":
			return failure{"clock", 1, addr + " refuses this member for its clock; retrying: set the clock here, or there"}
		}
		return failure{"wrong", 1, addr + " answers, but not as " + want.who + "; retrying: " + want.remedy}
	case errors.As(err, &own) && own.Code != "timeout":
		switch own.Code {
		case "clock":
			return failure{"clock", 1, addr + " has another clock; retrying: set the clock here, or there"}
		case "syntax", "version", "self", "wrong":
			return failure{"wrong", 1, addr + " answers, but not as " + want.who + "; retrying: " + want.remedy}
		}
		return failure{}
	case !fresh:
		return failure{}
	case own != nil:
		return failure{"mute", 1, addr + " takes connections, but does not answer as " + want.who + "; retrying: " + want.remedy}
	case errors.Is(err, tcp.ErrSourceBusy):
		return failure{"busy", patience + 1, "cannot call the server at " + addr + " from PORT1; retrying: see who has the port (ss -tnp), or give another, or 0 for any"}
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return failure{"closed", patience, addr + " takes connections and closes them; retrying: " + want.remedy}
	}
	return failure{"nobody", patience, "no " + want.noun + " at " + addr + "; waiting for it: " + want.remedy}
}

// report writes to the log that a dial has failed: as a warning, once, what a
// person can change.
func (m *member) report(p *peer, reports dialReports, addr string, fresh bool, err error) {
	if want, ok := m.expected(p); ok {
		if f := failed(addr, want, fresh, err); f.after > 0 && reports.due(addr, f) {
			m.Log.Warn(f.text, "err", err)
			return
		}
	}
	m.Log.Debug("no connection; retrying", "to", p.calledFor(), "addr", addr, "err", err)
}
