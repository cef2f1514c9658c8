package terminal

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"peerlab/services/internal/lines"
)

// maxHistory bounds the lines that the arrow keys bring back.
const maxHistory = 100

// event is what a key leads to besides a change of the text.
type event int

const (
	textChanged event = iota
	entered
	hungUp
	suspended
	repainted
)

// editor is a line of text that is being typed, and the lines before it. It does
// no I/O.
//
// The cursor moves by grapheme clusters, which are what a user takes for one
// character: a letter with its accents, an emoji with its joiners.
type editor struct {
	text []byte
	at   int // the cursor, as an index of text
	// tooLong reports that more than MaxLine bytes were typed. The line is not sent
	// even if some are deleted again, because the bytes beyond the bound are lost.
	tooLong bool

	history []string // the oldest first
	back    int      // how far back in history text is from; 0: it is new
	draft   []byte   // the new text, while back > 0
}

// press changes the text as k asks. After entered, take returns the line.
func (e *editor) press(k key) event {
	switch k.action {
	case enter:
		return entered
	case hangUp:
		return hungUp
	case suspend:
		return suspended
	case repaint:
		return repainted
	case deleteOrHangUp:
		if len(e.text) == 0 {
			return hungUp
		}
		e.delete(e.at, e.next())
	case insert:
		e.insert(k.text)
	case left:
		e.at = e.previous()
	case right:
		e.at = e.next()
	case wordLeft:
		e.at = e.wordStart()
	case wordRight:
		e.at = e.wordEnd()
	case home:
		e.at = 0
	case end:
		e.at = len(e.text)
	case older:
		e.recall(e.back + 1)
	case newer:
		e.recall(e.back - 1)
	case deleteLeft:
		e.delete(e.previous(), e.at)
	case deleteRight:
		e.delete(e.at, e.next())
	case deleteWordLeft:
		e.delete(e.wordStart(), e.at)
	case deleteWordRight:
		e.delete(e.at, e.wordEnd())
	case deleteToStart:
		e.delete(0, e.at)
	case deleteToEnd:
		e.delete(e.at, len(e.text))
	}
	return textChanged
}

// take returns the line that was entered and begins the next one. Its error is
// lines.ErrTooLong.
func (e *editor) take() (string, error) {
	line, tooLong := string(e.text), e.tooLong
	e.text, e.at, e.tooLong, e.back, e.draft = nil, 0, false, 0, nil
	if tooLong {
		return "", lines.ErrTooLong
	}
	if n := len(e.history); line != "" && (n == 0 || e.history[n-1] != line) {
		e.history = append(e.history[max(0, n+1-maxHistory):], line)
	}
	return line, nil
}

func (e *editor) insert(text string) {
	if e.tooLong || len(e.text)+len(text) > MaxLine {
		e.tooLong = true
		return
	}
	if e.at == len(e.text) {
		e.text = append(e.text, text...)
	} else {
		e.text = append(e.text[:e.at], append([]byte(text), e.text[e.at:]...)...)
	}
	e.at += len(text)
}

func (e *editor) delete(from, to int) {
	e.text = append(e.text[:from], e.text[to:]...)
	e.at = from
	e.tooLong = e.tooLong && len(e.text) > 0
}

// recall replaces the text by the line that is so far back.
func (e *editor) recall(back int) {
	if back < 0 || back > len(e.history) || e.tooLong {
		return
	}
	if e.back == 0 {
		e.draft = e.text
	}
	if e.back = back; back == 0 {
		e.text = e.draft
	} else {
		e.text = []byte(e.history[len(e.history)-back])
	}
	e.at = len(e.text)
}

// previous returns where the cluster before the cursor begins.
func (e *editor) previous() int {
	start := 0
	for g := graphemes.FromBytes(e.text); g.Next() && g.End() < e.at; {
		start = g.End()
	}
	return start
}

// next returns where the cluster after the cursor ends.
func (e *editor) next() int {
	for g := graphemes.FromBytes(e.text); g.Next(); {
		if g.End() > e.at {
			return g.End()
		}
	}
	return len(e.text)
}

// wordStart returns where the word before the cursor begins.
func (e *editor) wordStart() int {
	before := bytes.TrimRightFunc(e.text[:e.at], unicode.IsSpace)
	i := bytes.LastIndexFunc(before, unicode.IsSpace)
	if i < 0 {
		return 0
	}
	_, size := utf8.DecodeRune(before[i:])
	return i + size
}

// wordEnd returns where the word after the cursor ends.
func (e *editor) wordEnd() int {
	after := bytes.TrimLeftFunc(e.text[e.at:], unicode.IsSpace)
	if i := bytes.IndexFunc(after, unicode.IsSpace); i >= 0 {
		after = after[i:]
	} else {
		after = nil
	}
	return len(e.text) - len(after)
}
