package chat

import (
	"bytes"
	"cmp"

	"peerlab/services/internal/lines"

	"peerlab/services/chat/internal/wire"
)

// incoming is what a link keeps of what has come so far, for its reader, who
// holds delivery.mu.
type incoming struct {
	after []byte // the AFTER lines in front of the next MSG
	count int    // of them
	deps  []dep  // what they name that has not been shown here

	wanted []*origin // whose lines have been asked for and not come
	lines  *origin   // whose lines are coming
	left   uint64    // how many of them are to come
	from   uint64    // where lines.end was
	first  uint64    // their first one, if it is not the one that was asked for
	shut   bool      // what comes is no longer taken

	named int // processes that this link was the first to name
}

// forDelivery reports whether a message is for delivery.take.
func forDelivery(msg wire.Message) bool {
	switch msg.(type) {
	case *wire.Msg, *wire.After, *wire.Have, *wire.Want, *wire.Lines, *wire.Keepalive:
		return true
	}
	return false
}

// plain returns what a line says that is nothing but one of the link's own
// process, as nearly all are. Whatever is unusual about it is for parse to judge.
func (l *link) plain(line []byte) (seq uint64, text []byte, ok bool) {
	if !bytes.HasPrefix(line, l.origin.opening) || l.count > 0 || l.left > 0 || l.shut {
		return 0, nil, false
	}
	line = line[len(l.origin.opening):]
	for i, c := range line {
		switch {
		case c >= '1' && c <= '9', c == '0' && i > 0:
			seq = seq*10 + uint64(c-'0')
		case c == ' ' && i > 0 && i <= wire.MaxDigits:
			text = line[i+1:]
			return seq, text, len(text) <= wire.MaxText
		default:
			return 0, nil, false
		}
	}
	return 0, nil, false
}

// take takes in one message that came over a link: line is all of it, without
// its end. It is called with d.mu held.
func (d *delivery) take(l *link, msg wire.Message, line []byte) error {
	if l.shut {
		return nil
	}
	switch msg := msg.(type) {
	case *wire.Keepalive:
		return nil
	case *wire.Msg:
		return d.takeLine(l, msg, line)
	case *wire.After:
		return d.takeAfter(l, msg, line)
	}
	switch {
	case l.count > 0:
		return lines.Refuse("syntax", "AFTER is not followed by MSG")
	case l.left > 0:
		return lines.Refuse("syntax", "LINES is not followed by that many")
	}
	switch msg := msg.(type) {
	case *wire.Have:
		return d.mentioned(l, mention{msg.ID, "", msg.Seq})
	case *wire.Want:
		return d.asked(l, msg)
	case *wire.Lines:
		return d.answered(l, msg)
	}
	return nil
}

func (d *delivery) takeAfter(l *link, msg *wire.After, line []byte) error {
	if l.count++; l.count > maxOrigins {
		return lines.Refuse("syntax", "more than %d lines AFTER", maxOrigins)
	}
	l.after = append(append(l.after, line...), '\n')
	o, err := d.mention(l, msg.ID, msg.Seq)
	if err != nil {
		return err
	}
	if o != d.self && !o.reached(msg.Seq) {
		l.deps = append(l.deps, dep{o, msg.Seq})
	}
	return nil
}

func (d *delivery) takeLine(l *link, msg *wire.Msg, line []byte) error {
	o, handed := l.origin, l.left > 0
	if handed {
		o = l.lines
	}
	if msg.Name != o.Name {
		return lines.Refuse("sender", "%s sent a line in the name of %s", l.origin.Name.Who(), lines.Quote([]byte(msg.Name)))
	}
	if len(msg.Text) > wire.MaxText {
		return lines.Refuse("syntax", "a text of more than %d bytes", wire.MaxText)
	}
	switch {
	case !handed:
		d.arrive(l, o, msg.Seq, msg.Text, line)
	case o.gone, msg.Seq > o.end+1: // perhaps somebody else has what is between
		l.first = cmp.Or(l.first, msg.Seq)
		l.after, l.deps, l.count = l.after[:0], l.deps[:0], 0
	default:
		d.arrive(l, o, msg.Seq, msg.Text, line)
	}
	if handed {
		if l.left--; l.left == 0 {
			d.answerOver(l)
		}
	}
	return nil
}

// arrive takes in line seq of an origin: it is shown if it can be, and else held
// back. It is called with d.mu held.
func (d *delivery) arrive(l *link, o *origin, seq uint64, text, line []byte) {
	if o.basis != nil && seq > o.basis.through {
		for _, x := range o.basis.deps {
			if x.end >= x.seq || x.lacks() { // else nobody has it, as far as is known
				l.deps = append(l.deps, x)
			}
		}
		o.basis = nil
	}
	switch {
	case seq <= o.end: // it came by another link
	case len(l.deps) == 0 && o.have == o.end: // as nearly always
		d.keep(o, seq, l.after, line)
		d.show(o, seq, text)
	default:
		d.holdBack(l, o, seq, line)
	}
	l.after, l.deps, l.count = l.after[:0], l.deps[:0], 0
}

// release shows the lines that have been waiting for what has been shown now. It
// is called with d.mu held.
func (d *delivery) release() {
	for progress := len(d.holding) > 0; progress; {
		progress = false
		still := d.holding[:0]
		for _, o := range d.holding {
			progress = d.releaseOf(o) || progress
			if o.have < o.end {
				still = append(still, o)
			}
		}
		clear(d.holding[len(still):])
		d.holding = still
		if progress {
			d.wake()
		}
	}
}

// releaseOf shows what can be shown of one origin, and reports whether that is any.
func (d *delivery) releaseOf(o *origin) bool {
	before := o.have
	for o.have < o.end {
		through := o.end
		if len(o.waits) > 0 {
			if w := &o.waits[0]; w.over() {
				o.waits = o.waits[1:]
				continue
			} else {
				through = w.seq - 1
			}
		}
		_, next := o.log.next(o.have)
		if next > through {
			break
		}
		unit, seq := o.log.next(o.have)
		o.held -= len(unit)
		d.held -= len(unit)
		d.show(o, seq, textOf(unit))
	}
	if o.have == o.end && o.bye != nil {
		o.bye()
		o.bye = nil
	}
	return o.have > before
}

// textOf returns the text of a line in the log.
func textOf(unit []byte) []byte {
	for bytes.HasPrefix(unit, []byte("AFTER")) {
		_, unit, _ = bytes.Cut(unit, []byte{'\n'})
	}
	for range 3 { // MSG, name, number
		_, unit, _ = bytes.Cut(unit, []byte{' '})
	}
	return unit[:len(unit)-1]
}
