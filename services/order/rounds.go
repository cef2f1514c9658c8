package order

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// rounds pairs messages. A method whose name ends in Locked expects mu to be
// held; every other method locks it, and may be called by any goroutine.
type rounds struct {
	show    func(line string) // writes to the server's screen; must not block
	last    func()            // called when the last round has been decided
	backlog func() int        // number of connections that wait to be accepted

	mu         sync.Mutex
	unfinished map[*clientConn]bool // whose messages are not complete
	accepted   int                  // number of connections so far
	sequence   sequence
	waiting    *message // the first of the next round
	remaining  int      // rounds to decide; negative: any number
}

// accept records that c, the oldest connection of the backlog, has been accepted. c is nil
// if what it receives is no message yet.
func (r *rounds) accept(c *clientConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accepted++
	if c != nil {
		r.unfinished[c] = true
		if r.latestAwaitedLocked() && c.arrivals.unread() {
			r.sequence.expect(c.m)
		}
	}
	r.advanceLocked()
}

// read reads more bytes of c's message. A line end that arrives by itself ends
// the message but does not change its time. If it arrives together with other
// bytes, the kernel has only one time for all of them.
func (r *rounds) read(c *clientConn, b []byte) (int, error) {
	return c.arrivals.read(b, &r.mu, func(n int, at int64) {
		if bytes.HasPrefix(b[:n], []byte("\n")) || bytes.HasPrefix(b[:n], []byte("\r\n")) {
			return
		}
		r.sequence.arrived(c.m, at)
		r.advanceLocked()
	})
}

// complete records that c's message is complete and well formed. The channel
// c.m.decided receives its round. A message whose bytes have arrived by now but
// have not been read may be earlier, so c's message waits for it.
func (r *rounds) complete(c *clientConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.unfinished, c)
	for other := range r.unfinished {
		if other.arrivals.unread() {
			r.sequence.expect(other.m)
		}
	}
	c.m.final, c.m.after = true, r.accepted+r.backlog()
	r.advanceLocked()
}

// finish records that no more of c's message will be read.
func (r *rounds) finish(c *clientConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.unfinished, c)
}

// withdraw removes c's message. It returns false if the message is already in a
// round, which c.m.decided then holds.
func (r *rounds) withdraw(c *clientConn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.unfinished, c)
	if len(c.m.decided) > 0 {
		return false
	}
	if r.waiting == c.m {
		r.waiting = nil
		r.show(fmt.Sprintf("No verdict for %s: no second message", c.m.name))
	}
	r.sequence.drop(c.m)
	r.advanceLocked()
	return true
}

// advanceLocked shows and pairs every message whose place in the order is
// certain.
func (r *rounds) advanceLocked() {
	for r.remaining != 0 {
		m := r.sequence.first()
		if m == nil || m.after > r.accepted {
			return
		}
		r.sequence.drop(m)
		r.show("Message Received: " + salutation + m.String())
		if r.waiting == nil {
			r.waiting = m
			continue
		}
		both := &round{first: r.waiting, second: m, show: r.show}
		r.waiting = nil
		both.first.decided <- both
		both.second.decided <- both
		if r.remaining--; r.remaining == 0 {
			r.last()
		}
	}
}

// latestAwaitedLocked reports whether a message waits for the connection that was
// accepted last.
func (r *rounds) latestAwaitedLocked() bool {
	return slices.ContainsFunc(r.sequence.begun, func(m *message) bool { return m.after >= r.accepted })
}

// round is a pair of messages, in order.
type round struct {
	first, second *message
	show          func(line string)

	mu   sync.Mutex
	sent []string // names of the clients that received the verdict
	left []string // names of the clients that did not
}

func (r *round) verdict() string { return r.first.String() + before + r.second.String() }

// acknowledged records that the verdict was sent to the client of m or, if err is
// not nil, that it could not be sent. The second call shows which clients it was
// sent to, sorted by name and not in the order of the round, as in the
// assignment.
func (r *round) acknowledged(m *message, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.sent = append(r.sent, m.name)
	} else {
		r.left = append(r.left, m.name)
	}
	if len(r.sent)+len(r.left) < 2 {
		return
	}
	slices.Sort(r.sent)
	slices.Sort(r.left)
	switch len(r.left) {
	case 0:
		r.show("Sent acknowledgment to both " + strings.Join(r.sent, " and "))
	case 1:
		r.show(fmt.Sprintf("Sent acknowledgment to %s; %s has left", r.sent[0], r.left[0]))
	default:
		r.show(fmt.Sprintf("Sent no acknowledgment; %s have left", strings.Join(r.left, " and ")))
	}
}
