package main

import (
	"bytes"
	"fmt"
)

// mark ends every text, and is in nothing else that any server sends.
const mark = '|'

// text is what is said: with LF it has 64 bytes.
var text = append(bytes.Repeat([]byte("x"), 62), mark)

// seat counts what a member hears. Everything but member is for the goroutine
// that brings what comes.
type seat struct {
	member
	others int     // who each say one line before it counts
	step   int     // lines that make up a turn
	joined *window // is told when all others have been heard
	turns  *window // is told of each turn
	stamps *stamps // nil: nobody wants to know how long lines take

	lines int
	turn  int // the one that is over with its next lines; -1: it does not count yet
}

func (s *seat) heard(piece []byte) {
	s.lines += bytes.Count(piece, []byte{mark})
	if s.turn < 0 {
		if s.lines < s.others {
			return
		}
		s.lines -= s.others
		s.turn = 0
		s.joined.pass(0)
	}
	if s.stamps != nil {
		s.stamps.take(piece)
	}
	for s.lines >= s.step*(s.turn+1) {
		s.turns.pass(s.turn)
		s.turn++
	}
}

func (s *seat) deaf(why error) {
	err := fmt.Errorf("a client is cut off after %d lines: %w", s.lines, why)
	s.joined.fail(err)
	s.turns.fail(err)
}
