package fuzzer

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// process is a process of the chat, and a number of its lines.
type process struct {
	name             string
	incarnation, seq uint64
}

// memory is what was received lately.
type memory struct {
	peers  []process // that have sent a HELLO
	others []process // that were named
	addrs  []string
	texts  []string
}

// maxMemory bounds each list of a memory.
const maxMemory = 64

// draw draws a process, a peer in half of all cases.
func (m *memory) draw(rnd *rand.Rand) (process, bool) {
	from := m.others
	if len(from) == 0 || len(m.peers) > 0 && rnd.IntN(2) == 0 {
		from = m.peers
	}
	if len(from) == 0 {
		return process{}, false
	}
	return from[rnd.IntN(len(from))], true
}

// learn records what a line says, and returns the process that it names.
func (m *memory) learn(rnd *rand.Rand, verb, rest string) (p process, ok bool) {
	f := strings.Split(rest, " ")
	switch {
	case verb == "HELLO" && len(f) == 6:
		if p, ok = parse(f[1], f[2], f[5]); ok {
			m.peers = put(rnd, m.peers, p)
			m.addrs = put(rnd, m.addrs, f[3])
		}
	case verb == "PEER" && len(f) == 4:
		if p, ok = parse(f[0], f[1], f[3]); ok {
			m.others = put(rnd, m.others, p)
			m.addrs = put(rnd, m.addrs, f[2])
		}
	case verb == "MSG" && len(f) >= 3:
		m.texts = put(rnd, m.texts, strings.Join(f[2:], " "))
		if i := slices.IndexFunc(m.peers, func(p process) bool { return p.name == f[0] }); i >= 0 {
			m.peers[i].seq, _ = strconv.ParseUint(f[1], 10, 64)
		}
	case len(f) == 3: // AFTER, HAVE, WANT, LINES
		if p, ok = parse(f[0], f[1], f[2]); ok {
			m.others = put(rnd, m.others, p)
		}
	}
	return p, ok
}

func parse(name, incarnation, seq string) (p process, ok bool) {
	p.name = name
	var err1, err2 error
	p.incarnation, err1 = strconv.ParseUint(incarnation, 10, 64)
	p.seq, err2 = strconv.ParseUint(seq, 10, 64)
	return p, err1 == nil && err2 == nil
}

// put adds x to a list, in place of another if that is full.
func put[T comparable](rnd *rand.Rand, all []T, x T) []T {
	switch {
	case slices.Contains(all, x):
	case len(all) < maxMemory:
		all = append(all, x)
	default:
		all[rnd.IntN(len(all))] = x
	}
	return all
}
