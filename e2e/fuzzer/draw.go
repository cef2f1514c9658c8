package fuzzer

import (
	"fmt"
	"strings"
)

// one reports true once in n times.
func (l *Link) one(n int) bool { return l.rnd.IntN(n) == 0 }

// process draws a process: one that was heard of, itself, or an invented one.
func (l *Link) process() process {
	p, ok := l.known.draw(l.rnd)
	switch n := l.rnd.IntN(12); {
	case n == 0:
		return process{l.name, l.incarnation, l.seq}
	case n == 1 || !ok:
		return process{l.ghost(), l.invented(), l.number(0)}
	case n == 2: // no process of that name
		p.incarnation = l.invented()
	case n == 3:
		p.incarnation += 1 - 2*l.rnd.Uint64N(2)
	}
	p.incarnation = min(p.incarnation, maxSeq)
	return p
}

// ghost draws the name of a client that there never was.
func (l *Link) ghost() string { return fmt.Sprintf("ghost%d", l.rnd.IntN(40)) }

// invented draws an incarnation, mostly of about now.
func (l *Link) invented() uint64 {
	switch l.rnd.IntN(8) {
	case 0:
		return l.rnd.Uint64N(3)
	case 1:
		return l.base + 23*hour
	case 2:
		return l.rnd.Uint64N(maxSeq + 1)
	}
	return l.base - hour + l.rnd.Uint64N(2*hour)
}

// number draws the number of a line, mostly close to one.
func (l *Link) number(near uint64) uint64 {
	n := near
	switch l.rnd.IntN(12) {
	case 0:
		n = 0
	case 1, 2:
		n = near - min(near, 1+l.rnd.Uint64N(10))
	case 3, 4, 5, 6:
		n = near + 1 + l.rnd.Uint64N(3)
	case 7:
		n = near + l.rnd.Uint64N(1000)
	case 8:
		n = l.rnd.Uint64N(maxSeq + 1)
	}
	return min(n, maxSeq)
}

// addr draws an address: one that was heard of, or that of no member.
func (l *Link) addr() string {
	if n := len(l.known.addrs); n > 0 && l.one(3) {
		return l.known.addrs[l.rnd.IntN(n)]
	}
	return closed
}

func (l *Link) token() string { return fmt.Sprintf("t%d", l.rnd.IntN(1000)) }

// text draws a text: one that was heard, or an invented one.
func (l *Link) text() string {
	switch n := l.rnd.IntN(100); {
	case n == 0:
		return strings.Repeat("x", l.rnd.IntN(maxText+1))
	case n == 1:
		return ""
	case n < 10:
		return odd[l.rnd.IntN(len(odd))]
	case n < 30 && len(l.known.texts) > 0:
		return l.known.texts[l.rnd.IntN(len(l.known.texts))]
	}
	return fmt.Sprintf("invented %d", l.rnd.Uint32())
}

// odd are texts that look like something else.
var odd = []string{
	"initiated.", "terminated.", "reconnected", "* Client 1: 3 lines lost", "Server: I am the server", " ", "\x1b[2J", "\xff\x00",
	"\u202eabc", "naïve 🎈", "MSG 1 1 x", "/quit", "Exit",
}
