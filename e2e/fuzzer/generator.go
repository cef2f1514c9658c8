// Package fuzzer is a member of the chat that sends lines at random: each is a
// message of docs/protocol.md, and many are lies.
package fuzzer

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Generator makes messages at random. The same seed, and the same lines received,
// give the same messages. It is for one goroutine at a time.
type Generator struct {
	name  string
	base  uint64 // an incarnation of now
	known memory
}

// NewGenerator returns the generator of a member whose first incarnation is base.
func NewGenerator(name string, base uint64) *Generator {
	return &Generator{name: name, base: base}
}

// Link generates the messages to one other member. What one link has received is
// named over all.
type Link struct {
	*Generator
	rnd         *rand.Rand
	incarnation uint64
	seq         uint64 // of the latest line in its own name
}

// Link returns the link of that number. Its messages depend on both.
func (g *Generator) Link(seed, number uint64) *Link {
	return &Link{Generator: g, rnd: rand.New(rand.NewPCG(seed, number)), incarnation: g.base}
}

const (
	closed  = "127.0.0.1:9" // where no member listens
	maxSeq  = 999_999_999_999_999_999
	maxText = 16_384
	hour    = 3_600_000_000 // in incarnations
)

// Hello returns the first line of a connection. In one of four it is that of a
// later process.
func (l *Link) Hello() string {
	if l.one(4) {
		l.incarnation += 1 + l.rnd.Uint64N(hour)
		l.seq = 0
	}
	state := []string{"new", "in", "back"}[l.rnd.IntN(3)]
	return fmt.Sprintf("HELLO peerlab-chat/2 %s %d %s %s %d", l.name, l.incarnation, l.addr(), state, l.number(l.seq))
}

// Ready returns the second line, and the list that it announces.
func (l *Link) Ready() []string {
	var list []string
	if l.one(2) {
		for range l.rnd.IntN(12) {
			if l.one(2) {
				list = append(list, l.peer()...)
			} else {
				list = append(list, l.about("HAVE")...)
			}
		}
	}
	return append([]string{fmt.Sprintf("READY %d %d", l.rnd.Uint64N(3), len(list))}, list...)
}

// kinds are the messages of a link, and how often each occurs.
var kinds = []struct {
	weight int
	lines  func(l *Link) []string
}{
	{40, func(l *Link) []string { return []string{l.own()} }},
	{40, func(l *Link) []string { return append(l.after(1+l.rnd.IntN(4)), l.own()) }},
	{30, func(l *Link) []string { return l.about("HAVE") }},
	{20, func(l *Link) []string { return l.about("WANT") }},
	{12, (*Link).peer},
	{12, func(l *Link) []string { return l.suspect() }},
	{6, func(*Link) []string { return []string{"WATCH"} }},
	{6, func(*Link) []string { return []string{"UNWATCH"} }},
	{6, func(*Link) []string { return []string{""} }},
	{6, func(l *Link) []string { return []string{"PING " + l.token()} }},
	{3, func(l *Link) []string { return []string{"PONG " + l.token()} }},
	{1, (*Link).forbidden},
}

// Next returns a message, with those in front of it that belong to it.
func (l *Link) Next() []string {
	all := 0
	for _, k := range kinds {
		all += k.weight
	}
	n := l.rnd.IntN(all)
	for _, k := range kinds {
		if n -= k.weight; n < 0 {
			return k.lines(l)
		}
	}
	return nil
}

// forbidden returns a message that ends the link.
func (l *Link) forbidden() []string {
	p := l.process()
	switch l.rnd.IntN(7) {
	case 0:
		return []string{l.Hello()}
	case 1:
		return l.Ready()
	case 2:
		return l.lines(p, l.number(p.seq))
	case 3:
		return []string{fmt.Sprintf("MSG %s %d %s", p.name, l.number(p.seq), l.text())}
	case 4:
		return append(l.after(1), "WATCH")
	case 5:
		return []string{"ERR " + l.token() + " " + l.text()}
	}
	return []string{"BYE"}
}

// own returns a line in the member's own name, most often the next one.
func (l *Link) own() string {
	seq := l.seq + 1
	if l.one(8) {
		seq = max(1, l.number(l.seq))
	}
	if seq < l.seq+100 {
		l.seq = max(l.seq, seq)
	}
	return fmt.Sprintf("MSG %s %d %s", l.name, seq, l.text())
}

func (l *Link) after(n int) (all []string) {
	for range n {
		all = append(all, l.about("AFTER")...)
	}
	return all
}

// about returns a message of a verb, a process and the number of one of its lines.
func (l *Link) about(verb string) []string {
	p := l.process()
	return []string{fmt.Sprintf("%s %s %d %d", verb, p.name, p.incarnation, l.number(p.seq))}
}

func (l *Link) peer() []string {
	p := l.process()
	if p.name == "server" {
		p.name = l.ghost()
	}
	return []string{fmt.Sprintf("PEER %s %d %s %d", p.name, p.incarnation, l.addr(), l.number(p.seq))}
}

func (l *Link) suspect() []string {
	p := l.process()
	return []string{fmt.Sprintf("SUSPECT %s %d", p.name, p.incarnation)}
}

// Receive processes a line of the other side, and returns what is sent in answer.
func (l *Link) Receive(line string) []string {
	verb, rest, _ := strings.Cut(line, " ")
	p, ok := l.known.learn(l.rnd, verb, rest)
	switch {
	case verb == "PING" && !l.one(20):
		return []string{"PONG " + rest}
	case verb == "WANT" && ok:
		return l.answer(p)
	}
	return nil
}

// answer returns an answer to the request for the lines of p after p.seq, or none.
func (l *Link) answer(p process) []string {
	switch l.rnd.IntN(8) {
	case 0, 1:
		return nil
	case 2:
		return []string{fmt.Sprintf("LINES %s %d 0", p.name, p.incarnation)}
	case 3:
		return l.lines(p, l.number(p.seq))
	}
	return l.lines(p, p.seq+1)
}

// lines returns LINES with invented lines of a process, from a number on.
func (l *Link) lines(p process, first uint64) []string {
	count := 1 + l.rnd.IntN(6)
	all := []string{fmt.Sprintf("LINES %s %d %d", p.name, p.incarnation, count)}
	for i := range uint64(count) {
		switch {
		case l.one(200):
			return all // there are fewer than it says
		case l.one(10):
			all = append(all, l.after(1)...)
		case l.one(10):
			first += l.rnd.Uint64N(5)
		}
		all = append(all, fmt.Sprintf("MSG %s %d %s", p.name, min(first+i, maxSeq), l.text()))
	}
	return all
}
