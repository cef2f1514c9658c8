package order

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// rounds makes rounds of messages. All methods may be called by any goroutine.
type rounds struct {
	show    func(line string) // on the server's screen; must not block
	last    func()            // is called when the last round has been decided
	backlog func() int        // how many connections there are to be accepted

	mu       sync.Mutex
	heard    map[*caller]bool // those of whom more is to be read
	accepted int              // connections so far
	sequence sequence
	waiting  *message // the first of the next round
	left     int      // rounds to be decided; negative: any number
}

// met says that c has been accepted, as the next one of the backlog.
func (r *rounds) met(c *caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accepted++
	r.heard[c] = true
	if r.awaited() && c.arrivals.unread() {
		r.sequence.expect(c.m)
	}
	r.advance()
}

// read reads more of the message of c. A line end that comes by itself ends the
// message without making it any later; for what is read together the kernel has
// one time.
func (r *rounds) read(c *caller, b []byte) (int, error) {
	return c.arrivals.read(b, &r.mu, func(n int, at int64) {
		if bytes.HasPrefix(b[:n], []byte("\n")) || bytes.HasPrefix(b[:n], []byte("\r\n")) {
			return
		}
		r.sequence.arrived(c.m, at)
		r.advance()
	})
}

// complete says that no more is to be read of the message of c, which is well
// formed. Its round will come by decided. What has arrived by now, and has not
// been read, is waited for: it may be earlier.
func (r *rounds) complete(c *caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.heard, c)
	for other := range r.heard {
		if other.arrivals.unread() {
			r.sequence.expect(other.m)
		}
	}
	c.m.final, c.m.after = true, r.accepted+r.backlog()
	r.advance()
}

// whole says that no more is to be read of the message of c.
func (r *rounds) whole(c *caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.heard, c)
}

// withdraw takes out the message of c, unless it is in a round: then it returns
// false, and the round is in decided.
func (r *rounds) withdraw(c *caller) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.heard, c)
	if len(c.m.decided) > 0 {
		return false
	}
	if r.waiting == c.m {
		r.waiting = nil
		r.show(fmt.Sprintf("No verdict for %s: no second message", c.m.name))
	}
	r.sequence.drop(c.m)
	r.advance()
	return true
}

// advance takes in all messages whose turn has come. The caller holds mu.
func (r *rounds) advance() {
	for r.left != 0 {
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
		if r.left--; r.left == 0 {
			r.last()
		}
	}
}

// awaited reports whether the latest connection that was accepted is one of those
// that a message waits for. The caller holds mu.
func (r *rounds) awaited() bool {
	return slices.ContainsFunc(r.sequence.begun, func(m *message) bool { return m.after >= r.accepted })
}

// round is two messages in order.
type round struct {
	first, second *message
	show          func(line string)

	mu   sync.Mutex
	told []string // names of the clients that were
	left []string // and of those that could not be
}

func (r *round) verdict() string { return r.first.String() + before + r.second.String() }

// acknowledged says that the client of m was told the verdict, or, with an error,
// that it could not be. After the second call the screen shows who was told,
// by name and not by order, as it does in the assignment.
func (r *round) acknowledged(m *message, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.told = append(r.told, m.name)
	} else {
		r.left = append(r.left, m.name)
	}
	if len(r.told)+len(r.left) < 2 {
		return
	}
	slices.Sort(r.told)
	slices.Sort(r.left)
	switch len(r.left) {
	case 0:
		r.show("Sent acknowledgment to both " + strings.Join(r.told, " and "))
	case 1:
		r.show(fmt.Sprintf("Sent acknowledgment to %s; %s has left", r.told[0], r.left[0]))
	default:
		r.show(fmt.Sprintf("Sent acknowledgment to nobody; %s have left", strings.Join(r.left, " and ")))
	}
}
