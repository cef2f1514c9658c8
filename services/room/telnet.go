package room

import "bytes"

// Bytes of telnet commands (RFC 854).
const (
	telnetSE   = 240 // the end of SB
	telnetSB   = 250 // begins the negotiation of an option, which ends with IAC SE
	telnetWill = 251 // WILL, WONT, DO and DONT are followed by an option
	telnetDont = 254
	telnetIAC  = 255
)

// telnet removes telnet commands from a stream. UTF-8 text never contains IAC.
// The zero value is ready to use.
type telnet struct {
	state  telnetState
	length int // bytes since SB
}

type telnetState uint8

const (
	telnetText        telnetState = iota
	telnetCommand                 // after IAC
	telnetOption                  // after WILL, WONT, DO or DONT
	telnetNegotiation             // after SB
	telnetNegotiationIAC
)

// filter removes commands from b in place and returns the number of bytes left. A
// command may continue in the next call. A negotiation without an end ends after
// maxLine bytes, so that it cannot swallow all further text.
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
				t.state, t.length = telnetNegotiation, 0
			case c >= telnetWill && c <= telnetDont:
				t.state = telnetOption
			case c < telnetSE || c == telnetIAC: // text; IAC IAC stands for the byte 0xff
				kept = append(kept, c)
			}
		case telnetOption:
			t.state = telnetText
		case telnetNegotiation, telnetNegotiationIAC:
			t.length++
			switch {
			case t.state == telnetNegotiationIAC && c == telnetSE, t.length > maxLine:
				t.state = telnetText
			case t.state == telnetNegotiation && c == telnetIAC:
				t.state = telnetNegotiationIAC
			default:
				t.state = telnetNegotiation
			}
		}
	}
	return len(kept)
}
