package order

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// A dialogue is that of a server with any number of clients. A client has a name
// in capitals, and connects when it is first mentioned. "X: TEXT" has it say a
// line, and `X" "TEXT"` a quoted string without a line end. "X hears" is all that
// it is told until the end, quoted; "X quiet" is that it is not told anything so
// far. "waits" has time go by, "at" is how much has. "screen" is the next line of
// the server's screen; at the end there must be no other.
type dialogue struct{ name, says string }

// ordering are those about what comes first, and what is said of it.
var ordering = []dialogue{
	{"as in the assignment", `
		X connects
		Y connects
		X" "Client X: Ahnaf"
		Y" "Client Y: Ahnaf"
		X hears "X: Ahnaf received before Y: Ahnaf"
		Y hears "X: Ahnaf received before Y: Ahnaf"
		at 200ms
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"who connects first does not count", `
		X connects
		waits 1s
		Y connects
		waits 1s
		Y: Client Y: Ahnaf
		waits 1ms
		X: Client X: Ahnaf
		X hears "Y: Ahnaf received before X: Ahnaf\n"
		Y hears "Y: Ahnaf received before X: Ahnaf\n"
		at 2.101s
		screen Message Received: Client Y: Ahnaf
		screen Message Received: Client X: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"a message is shown before there is a second", `
		X: Client X: Ahnaf
		waits 101ms
		screen Message Received: Client X: Ahnaf
		X quiet
		waits 20s
		X quiet
		Y: Client Y: Ahnaf
		X hears "X: Ahnaf received before Y: Ahnaf\n"
		Y hears "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"by silence, later than another by LF, and yet earlier", `
		X" "Client X: Ahnaf"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 99ms
		X quiet
		Y quiet
		X hears "X: Ahnaf received before Y: Ahnaf"
		Y hears "X: Ahnaf received before Y: Ahnaf\n"
		at 200ms
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"begun earlier, and ended later", `
		X" "Client X: Ah"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 50ms
		X" "naf"
		waits 1ms
		screen Message Received: Client Y: Ahnaf
		X hears "Y: Ahnaf received before X: Ahnaf"
		Y hears "Y: Ahnaf received before X: Ahnaf\n"
		at 350ms
		screen Message Received: Client X: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"half-closed a while after the last byte, and yet earlier", `
		X" "Client X: Ahnaf"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 50ms
		X half-closes
		X hears "X: Ahnaf received before Y: Ahnaf"
		Y hears "X: Ahnaf received before Y: Ahnaf\n"
		at 250ms
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"LF a while after the last byte, and yet earlier", `
		X" "Client X: Ahnaf"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 50ms
		X" "\n"
		X hears "X: Ahnaf received before Y: Ahnaf\n"
		Y hears "X: Ahnaf received before Y: Ahnaf\n"
		at 250ms
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"CRLF and more a while after the last byte, and yet earlier", `
		X" "Client X: Ahnaf"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 50ms
		X" "\r\nmore"
		X hears "X: Ahnaf received before Y: Ahnaf\n"
		Y hears "X: Ahnaf received before Y: Ahnaf\n"
		at 250ms
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"a message that is broken off holds nobody up", `
		X" "Client X: Ah"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 50ms
		X resets
		waits 1ms
		screen Message Received: Client Y: Ahnaf
		Z: Client Z: Ahnaf
		Y hears "Y: Ahnaf received before Z: Ahnaf\n"
		Z hears "Y: Ahnaf received before Z: Ahnaf\n"
		screen Message Received: Client Z: Ahnaf
		screen Sent acknowledgment to both Y and Z`},
	{"one that is no message holds nobody up", `
		X" "hello"
		waits 100ms
		Y: Client Y: Ahnaf
		Z: Client Z: Ahnaf
		Y hears "Y: Ahnaf received before Z: Ahnaf\n"
		Z hears "Y: Ahnaf received before Z: Ahnaf\n"
		at 200ms
		X hears "ERR syntax \"hello\" is not of the form \"Client NAME: TEXT\"\n"
		screen Message Received: Client Y: Ahnaf
		screen Message Received: Client Z: Ahnaf
		screen Sent acknowledgment to both Y and Z`},
	// Fault O1.
	{"one that would make a verdict of three parts is in no round", `
		Z: Client Z: hello received before Q: bye
		Z hears "ERR syntax \"received before\" is what a verdict says; choose other words\n"
		X: Client X: Ahnaf
		Y: Client Y: Ahnaf
		X hears "X: Ahnaf received before Y: Ahnaf\n"
		Y hears "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"CRLF", `
		X" "Client X: Ahnaf\r\n"
		Y" "Client Y: Ahnaf\r\n"
		X hears "X: Ahnaf received before Y: Ahnaf\n"
		Y hears "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"extra bytes", `
		X" "Client X: Ahnaf\nClient Y: Ahnaf\nmore"
		waits 100ms
		X" "Client Z: Ahnaf\n"
		Y: Client Y: Ahnaf
		Y: and more
		X hears "X: Ahnaf received before Y: Ahnaf\n"
		Y hears "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"both say X", `
		X: Client X: Ahnaf
		Y: Client X: Ahnaf
		X hears "X: Ahnaf received before X: Ahnaf\n"
		Y hears "X: Ahnaf received before X: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client X: Ahnaf
		screen Sent acknowledgment to both X and X`},
	{"names and texts of any kind", `
		X: Client Ada Lovelace: a: b
		Y" "Client \x1b]0;x\x07: \u202eevil\xff\r\r\n"
		X hears "Ada Lovelace: a: b received before \\x1b]0;x\\x07: \\u202eevil\\xff\\x0d\n"
		Y hears "Ada Lovelace: a: b received before \\x1b]0;x\\x07: \\u202eevil\\xff\\x0d\n"
		screen Message Received: Client Ada Lovelace: a: b
		screen Message Received: Client \x1b]0;x\x07: \u202eevil\xff\x0d
		screen Sent acknowledgment to both Ada Lovelace and \x1b]0;x\x07`},
	{"rounds that overlap", `
		A: Client A: 1
		B: Client B: 2
		waits 1ms
		C: Client C: 3
		D: Client D: 4
		D hears "C: 3 received before D: 4\n"
		C hears "C: 3 received before D: 4\n"
		B hears "A: 1 received before B: 2\n"
		A hears "A: 1 received before B: 2\n"
		at 101ms
		screen Message Received: Client A: 1
		screen Message Received: Client B: 2
		screen Sent acknowledgment to both A and B
		screen Message Received: Client C: 3
		screen Message Received: Client D: 4
		screen Sent acknowledgment to both C and D`},
}

func TestDialogues(t *testing.T) {
	for _, d := range slices.Concat(ordering, departing) {
		t.Run(d.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { play(t, d.says) })
		})
	}
}

func play(t *testing.T, says string) {
	c := startCourt(t, memnet.New(), 0)
	require.Equal(t, "The server is ready to receive", c.screen.next())
	began := time.Now()
	all := map[string]*party{}
	for line := range strings.SplitSeq(says, "\n") {
		line = strings.TrimLeft(line, "\t")
		who, what, _ := strings.Cut(line, " ")
		switch who {
		case "":
			continue
		case "waits":
			d, err := time.ParseDuration(what)
			require.NoError(t, err)
			<-time.After(d)
			synctest.Wait()
			continue
		case "at":
			require.Equal(t, what, time.Since(began).String())
			continue
		case "screen":
			require.Equal(t, what, c.screen.next())
			continue
		}
		name := who[:1]
		if all[name] == nil {
			all[name] = c.party()
		}
		act(t, all[name], who[1:], what, line)
		synctest.Wait()
	}
	synctest.Wait()
	require.Empty(t, c.screen.rest())
}

// act has a client do or hear what a line says.
func act(t *testing.T, p *party, mark, what, line string) {
	verb, rest, _ := strings.Cut(what, " ")
	switch {
	case mark == ":":
		p.says(what + "\n")
	case mark == `"`:
		p.says(unquoted(t, what))
	case verb == "connects":
	case verb == "half-closes":
		require.NoError(t, p.CloseWrite())
	case verb == "closes":
		require.NoError(t, p.Close())
	case verb == "resets":
		p.resets()
	case verb == "quiet":
		p.quiet()
	case verb == "hears":
		require.Equal(t, unquoted(t, rest), p.hears(), line)
	default:
		t.Fatalf("what is %q?", line)
	}
}

func unquoted(t *testing.T, s string) string {
	t.Helper()
	raw, err := strconv.Unquote(s)
	require.NoError(t, err, s)
	return raw
}
