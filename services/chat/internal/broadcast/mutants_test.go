package broadcast

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/checker"
	"peerlab/services/chat/internal/wire"
)

// mutant is a fault of a State, made by changing the lines that it receives.
type mutant int

const (
	honest          mutant = iota
	noRepair               // no request is answered
	noHoldBack             // no line says what it answers
	noDeduplication        // a line that comes again is shown again
	noOrder                // of two lines that come together the second is shown first
)

func (m mutant) String() string {
	return [...]string{"honest", "no repair", "no hold-back", "no de-duplication", "no order"}[m]
}

// receive receives a line as a mutant.
func (m mutant) receive(e *end, line []byte) (wire.Message, error) {
	s := e.owner.state
	switch {
	case m == noRepair && bytes.HasPrefix(line, []byte("WANT ")), m == noHoldBack && bytes.HasPrefix(line, []byte("AFTER ")):
		return nil, nil
	case m == noDeduplication || m == noOrder:
		if msg, ok := parseMsg(line); ok {
			line = m.mangle(e, msg, line)
		}
	}
	return s.Receive(e.stream, line)
}

func parseMsg(line []byte) (*wire.Msg, bool) {
	parsed, _ := wire.Parse(line)
	msg, ok := parsed.(*wire.Msg)
	return msg, ok
}

// mangle shows a line again that was shown before, or exchanges the texts of a line
// and the next one.
func (m mutant) mangle(e *end, msg *wire.Msg, line []byte) []byte {
	from := e.stream.author()
	switch {
	case m == noDeduplication && msg.Seq <= from.shown && from.seen:
		e.owner.Line(msg.Name, msg.Text)
	case m == noOrder && len(e.in) > 0:
		if next, ok := parseMsg(e.in[0].line); ok && next.Name == msg.Name && next.Seq == msg.Seq+1 {
			msg.Text, next.Text = next.Text, msg.Text
			e.in[0].line = bytes.TrimSuffix(next.Append(nil), []byte{'\n'})
			return bytes.TrimSuffix(msg.Append(nil), []byte{'\n'})
		}
	}
	return line
}

// Each mutant breaks its guarantee. One of the first 1,000 seeds shows it, and so does
// the little that is left of that run after shrinking.
func TestTheCheckerBlamesMutants(t *testing.T) {
	for m, broken := range map[mutant]checker.Guarantee{
		noRepair: checker.Agreement, noHoldBack: checker.Causality, noDeduplication: checker.Delivery, noOrder: checker.FIFO,
	} {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			breaks := func(p plan) bool {
				return slices.ContainsFunc(judge(p, m).Breaches, func(b checker.Breach) bool { return b.Guarantee == broken })
			}
			for seed := range uint64(1000) {
				if p := draw(seed); breaks(p) {
					p = shrink(p, breaks)
					t.Logf("seed %d: %v%v", seed, p, judge(p, m))
					require.LessOrEqual(t, len(p.actions), 10)
					return
				}
			}
			require.Fail(t, "no seed shows it", broken)
		})
	}
}
