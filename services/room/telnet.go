package room

import "bytes"

// What telnet (RFC 854) sends between the bytes of a text.
const (
	telnetSE   = 240 // the end of SB
	telnetSB   = 250 // what follows, up to IAC SE, is about an option
	telnetWill = 251 // WILL, WONT, DO and DONT name an option
	telnetDont = 254
	telnetIAC  = 255
)

// telnet takes telnet's commands out of a stream. No UTF-8 text holds IAC. The
// zero value is ready to use.
type telnet struct {
	state telnetState
	about int // bytes since SB
}

type telnetState uint8

const (
	telnetText    telnetState = iota
	telnetCommand             // after IAC
	telnetOption              // after WILL, WONT, DO or DONT
	telnetAbout               // after SB
	telnetAboutIAC
)

// filter removes commands from b in place and returns how much is left. A
// command may go on from one call to the next. SB that has no end ends after a
// line's length, so that nobody is silenced by it for good.
func (t *telnet) filter(b []byte) int {
	if t.state == telnetText && bytes.IndexByte(b, telnetIAC) < 0 {
		return len(b)
	}
	kept := b[:0]
	for _, c := range b {
		switch t.state {
		case telnetText:
			if c == telnetIAC {
				t.state = telnetCommand
			} else {
				kept = append(kept, c)
			}
		case telnetCommand:
			t.state = telnetText
			switch {
			case c == telnetSB:
				t.state, t.about = telnetAbout, 0
			case c >= telnetWill && c <= telnetDont:
				t.state = telnetOption
			case c < telnetSE || c == telnetIAC: // text; IAC IAC is how telnet sends that byte itself
				kept = append(kept, c)
			}
		case telnetOption:
			t.state = telnetText
		case telnetAbout, telnetAboutIAC:
			t.about++
			switch {
			case t.state == telnetAboutIAC && c == telnetSE, t.about > maxLine:
				t.state = telnetText
			case t.state == telnetAbout && c == telnetIAC:
				t.state = telnetAboutIAC
			default:
				t.state = telnetAbout
			}
		}
	}
	return len(kept)
}
