package terminal

import (
	"bytes"
	"io"
	"slices"
	"unicode/utf8"
)

// sequences are those of the keys that x/term knows: arrows, Home, End, Delete,
// and Alt with an arrow.
var sequences = []string{"\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[3~", "\x1b[1;3C", "\x1b[1;3D"}

// maxSequence is longer than any key's.
const maxSequence = 32

// keys hands on what is typed without that which x/term can't take:
//
//   - After ESC alone it takes everything up to the next letter for a part of
//     that key, Enter and Ctrl-C included, and spins once that is 256 bytes.
//   - What comes after a byte that is no UTF-8 waits for the next key.
//   - Between the marks of a pasted text, which nobody asked the terminal for,
//     Ctrl-C is text and a line has no bound.
type keys struct {
	in   io.Reader
	held []byte // the beginning of a key
	out  []byte // whole keys, not handed on yet
	err  error  // of in, handed on after them
}

func (k *keys) Read(p []byte) (int, error) {
	for len(k.out) == 0 {
		if k.err != nil {
			return 0, k.err
		}
		var buf [256]byte
		n := copy(buf[:], k.held)
		m, err := k.in.Read(buf[n:])
		k.err = err
		rest := buf[:n+m]
		k.out = k.out[:0]
		for len(rest) > 0 {
			size, ok := key(rest)
			if size == 0 {
				break
			}
			if ok {
				k.out = append(k.out, rest[:size]...)
			}
			rest = rest[size:]
		}
		k.held = append(k.held[:0], rest...)
	}
	n := copy(p, k.out)
	k.out = k.out[n:]
	return n, nil
}

// key returns how long the first key in b is, 0 if b is only its beginning, and
// whether it is for x/term.
func key(b []byte) (size int, ok bool) {
	if b[0] != '\x1b' {
		if !utf8.FullRune(b) {
			return 0, false
		}
		r, size := utf8.DecodeRune(b)
		return size, r != utf8.RuneError
	}
	// ESC and [ or O begin a sequence; with a letter ESC is Alt, with anything
	// else it was a key of its own.
	switch {
	case len(b) == 1:
		return 0, false
	case b[1] == '[', b[1] == 'O':
	case b[1] >= '@' && b[1] < 0x7f:
		return 2, false
	default:
		return 1, false
	}
	b = b[:min(len(b), maxSequence)]
	i := bytes.IndexFunc(b[2:], func(r rune) bool { return (r < ' ' || r > '?') && r != '[' }) + 2
	switch {
	case i < 2 && len(b) < maxSequence:
		return 0, false
	case i < 2:
		return len(b), false
	case b[i] < '@' || b[i] >= 0x7f: // not the end of a sequence, but the next key
		return i, false
	}
	return i + 1, slices.Contains(sequences, string(b[:i+1]))
}
