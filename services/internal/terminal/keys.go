package terminal

import (
	"bytes"
	"unicode/utf8"
)

// action is what a key does.
type action int

const (
	insert action = iota // the key's text
	enter
	hangUp // Ctrl-C
	deleteOrHangUp
	suspend
	repaint
	left
	right
	wordLeft
	wordRight
	home
	end
	older
	newer
	deleteLeft
	deleteRight
	deleteWordLeft
	deleteWordRight
	deleteToStart
	deleteToEnd
)

// key is one key. The text of an insert is a rune, or a byte that is not UTF-8.
type key struct {
	action action
	text   string
}

// controls are the keys of one byte. Other control characters are ignored,
// except TAB, which is text.
var controls = map[byte]action{
	0x01: home, 0x02: left, 0x03: hangUp, 0x04: deleteOrHangUp, 0x05: end, 0x06: right,
	'\b': deleteLeft, '\n': enter, 0x0b: deleteToEnd, 0x0c: repaint, '\r': enter,
	0x0e: newer, 0x10: older, 0x15: deleteToStart, 0x17: deleteWordLeft, 0x1a: suspend, 0x7f: deleteLeft,
}

// sequences are the keys that begin with ESC, in every spelling in use: xterm's
// two modes, VT220 (tmux, screen, the Linux console), rxvt.
var sequences = map[string]action{
	"\x1b[A": older, "\x1bOA": older, "\x1b[B": newer, "\x1bOB": newer,
	"\x1b[C": right, "\x1bOC": right, "\x1b[D": left, "\x1bOD": left,
	"\x1b[H": home, "\x1bOH": home, "\x1b[1~": home, "\x1b[7~": home,
	"\x1b[F": end, "\x1bOF": end, "\x1b[4~": end, "\x1b[8~": end,
	"\x1b[3~":   deleteRight,
	"\x1b[1;3C": wordRight, "\x1b[1;5C": wordRight, "\x1bf": wordRight,
	"\x1b[1;3D": wordLeft, "\x1b[1;5D": wordLeft, "\x1bb": wordLeft,
	"\x1bd": deleteWordRight, "\x1b\x7f": deleteWordLeft,
}

// maxSequence is longer than any key's.
const maxSequence = 32

// keys splits the bytes of a terminal into keys. It drops unknown
// sequences. A sequence that is not complete never hides the control character
// behind it: Ctrl-C is acted on after ESC, after half of an arrow, and within
// pasted text.
type keys struct {
	held  []byte // the beginning of a key
	wasCR bool   // a line feed is a part of the Enter before it
}

// parse returns the keys that b completes.
func (k *keys) parse(b []byte) []key {
	b = append(k.held, b...)
	var parsed []key
	for len(b) > 0 {
		size := keySize(b)
		if size == 0 {
			break
		}
		p, ok := keyOf(b[:size])
		if ok && !(k.wasCR && b[0] == '\n') {
			parsed = append(parsed, p)
		}
		k.wasCR = b[0] == '\r'
		b = b[size:]
	}
	k.held = append([]byte(nil), b...)
	return parsed
}

func keyOf(b []byte) (k key, ok bool) {
	switch {
	case b[0] == '\x1b':
		k.action, ok = sequences[string(b)]
	case b[0] == '\t':
		return key{insert, "\t"}, true
	case b[0] < ' ' || b[0] == 0x7f:
		k.action, ok = controls[b[0]]
	default:
		return key{insert, string(b)}, true
	}
	return k, ok
}

// keySize returns the length of the first key in b, or 0 if b is only its
// beginning.
func keySize(b []byte) int {
	if b[0] != '\x1b' {
		if !utf8.FullRune(b) {
			return 0
		}
		_, size := utf8.DecodeRune(b)
		return size
	}
	// ESC and [ or O begin a sequence; with a letter or DEL ESC is Alt, before
	// anything else it is a key of its own.
	switch {
	case len(b) == 1:
		return 0
	case b[1] == '[', b[1] == 'O':
	case b[1] >= '@' && b[1] <= 0x7f:
		return 2
	default:
		return 1
	}
	b = b[:min(len(b), maxSequence)]
	i := bytes.IndexFunc(b[2:], func(r rune) bool { return (r < ' ' || r > '?') && r != '[' }) + 2
	switch {
	case i < 2 && len(b) < maxSequence:
		return 0
	case i < 2:
		return len(b)
	case b[i] < '@' || b[i] >= 0x7f: // not the end of a sequence, but the next key
		return i
	}
	return i + 1
}
