package order

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// rounds makes rounds of messages. All methods may be called by any goroutine.
type rounds struct {
	show func(line string) // on the server's screen; must not block for long
	last func()            // is called when the last round has been decided

	mu       sync.Mutex
	sequence sequence
	waiting  *message // the first of the next round
	left     int      // rounds to be decided; negative: any number
}

// arrived says when the latest byte of a message arrived, in ns since 1970. The
// first call for a message has it take part.
func (r *rounds) arrived(m *message, at int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sequence.arrived(m, at)
	r.advance()
}

// complete says that no more byte of m will arrive, and that m is read as a
// whole. Its round will come by m.decided.
func (r *rounds) complete(m *message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m.final = true
	r.advance()
}

// withdraw takes m out, unless it is in a round: then it returns false, and the
// round is in m.decided.
func (r *rounds) withdraw(m *message) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(m.decided) > 0 {
		return false
	}
	if r.waiting == m {
		r.waiting = nil
		r.show(fmt.Sprintf("No verdict for %s: no second message", m.name))
	}
	r.sequence.drop(m)
	r.advance()
	return true
}

// advance takes in all messages whose turn has come. The caller holds mu.
func (r *rounds) advance() {
	for r.left != 0 {
		m := r.sequence.next()
		if m == nil {
			return
		}
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
