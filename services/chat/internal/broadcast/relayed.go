package broadcast

import (
	"bytes"
	"slices"
)

// A sender's own link decides what it has typed: others are believed about its lines
// only while nothing comes over that link, and until something does.

// mayRelay reports whether lines of a process may come over the links of others.
func (s *State) mayRelay(o *sender) bool { return o.stream == nil || s.isStalled(o) }

// isAnother reports whether a process was never met, and has the name of one that is
// here. Any member could invent it, so its lines are marked.
func (s *State) isAnother(o *sender) bool {
	return !o.met && (o.Name == s.self.Name ||
		slices.ContainsFunc(s.streams, func(st *Stream) bool { return st.peer.Name == o.Name && st.from != o }))
}

// direct returns how many lines of a process need not be sent again over its link.
func (o *sender) direct() uint64 {
	if o.relayed > 0 {
		return min(o.shown, o.relayed-1)
	}
	return o.shown
}

// verify compares a line that came over the sender's own link with the one that
// others have relayed.
func (s *State) verify(o *sender, seq uint64, text []byte) {
	if relayed := o.log.text(seq); seq >= o.relayed && relayed != nil && !bytes.Equal(relayed, text) {
		s.rewind(o, seq-1)
	}
	if seq >= o.received {
		o.relayed = 0
	}
}

// rewind uncounts the lines after last, which others have relayed. Those
// on the screen are remembered, as the sender may send the same.
func (s *State) rewind(o *sender, last uint64) {
	s.unhold(o)
	s.dropOnScreen(o)
	for seq := last; seq < o.shown && o.log.last > seq; {
		var unit []byte
		unit, seq = o.log.next(seq)
		s.kept += o.onScreen.add(seq, nil, unit[:len(unit)-1])
	}
	s.kept -= o.log.truncate(last)
	o.shown, o.received, o.relayed = min(o.shown, last), min(o.shown, last), 0
}

// isOnScreen reports whether a line of a process is on the screen although it does
// not count as shown.
func (s *State) isOnScreen(o *sender, seq uint64, text []byte) bool {
	if o.onScreen.last == 0 {
		return false
	}
	shown := o.onScreen.text(seq)
	if seq >= o.onScreen.last {
		s.dropOnScreen(o)
	}
	return shown != nil && bytes.Equal(shown, text)
}

func (s *State) dropOnScreen(o *sender) {
	s.kept -= o.onScreen.size
	o.onScreen = log{}
}
