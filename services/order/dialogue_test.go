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

// A dialogue runs between a server and any number of clients. A client has a
// capital letter as its name, and connects when it is first mentioned. `X: TEXT`
// sends a line, and `X" "TEXT"` a quoted string without a line end. "X receives"
// gives all that X receives until the end of the connection, quoted; "X quiet"
// requires that X has received nothing so far. "waits" lets time pass, and "at"
// gives the time since the start. "screen" is the next line of the server's
// screen, which must have no other lines at the end.
type dialogue struct{ name, sends string }

// ordering holds the dialogues about the order of messages and the verdict.
var ordering = []dialogue{
	{"as in the assignment", `
		X connects
		Y connects
		X" "Client X: Ahnaf"
		Y" "Client Y: Ahnaf"
		X receives "X: Ahnaf received before Y: Ahnaf"
		Y receives "X: Ahnaf received before Y: Ahnaf"
		at 200ms
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"the order of connecting does not count", `
		X connects
		waits 1s
		Y connects
		waits 1s
		Y: Client Y: Ahnaf
		waits 1ms
		X: Client X: Ahnaf
		X receives "Y: Ahnaf received before X: Ahnaf\n"
		Y receives "Y: Ahnaf received before X: Ahnaf\n"
		at 2.101s
		screen Message Received: Client Y: Ahnaf
		screen Message Received: Client X: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"a message is shown before a second one arrives", `
		X: Client X: Ahnaf
		waits 101ms
		screen Message Received: Client X: Ahnaf
		X quiet
		waits 20s
		X quiet
		Y: Client Y: Ahnaf
		X receives "X: Ahnaf received before Y: Ahnaf\n"
		Y receives "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"an earlier message completed by silence after a later one by LF", `
		X" "Client X: Ahnaf"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 99ms
		X quiet
		Y quiet
		X receives "X: Ahnaf received before Y: Ahnaf"
		Y receives "X: Ahnaf received before Y: Ahnaf\n"
		at 200ms
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"a message that begins earlier and ends later", `
		X" "Client X: Ah"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 50ms
		X" "naf"
		waits 1ms
		screen Message Received: Client Y: Ahnaf
		X receives "Y: Ahnaf received before X: Ahnaf"
		Y receives "Y: Ahnaf received before X: Ahnaf\n"
		at 350ms
		screen Message Received: Client X: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"an earlier message half-closed after a later one", `
		X" "Client X: Ahnaf"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 50ms
		X half-closes
		X receives "X: Ahnaf received before Y: Ahnaf"
		Y receives "X: Ahnaf received before Y: Ahnaf\n"
		at 250ms
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"an earlier message whose LF arrives after a later one", `
		X" "Client X: Ahnaf"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 50ms
		X" "\n"
		X receives "X: Ahnaf received before Y: Ahnaf\n"
		Y receives "X: Ahnaf received before Y: Ahnaf\n"
		at 250ms
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"an earlier message whose CRLF and more arrive after a later one", `
		X" "Client X: Ahnaf"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 50ms
		X" "\r\nmore"
		X receives "X: Ahnaf received before Y: Ahnaf\n"
		Y receives "X: Ahnaf received before Y: Ahnaf\n"
		at 250ms
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"a message that is cut off holds up no other", `
		X" "Client X: Ah"
		waits 100ms
		Y: Client Y: Ahnaf
		waits 50ms
		X resets
		waits 1ms
		screen Message Received: Client Y: Ahnaf
		Z: Client Z: Ahnaf
		Y receives "Y: Ahnaf received before Z: Ahnaf\n"
		Z receives "Y: Ahnaf received before Z: Ahnaf\n"
		screen Message Received: Client Z: Ahnaf
		screen Sent acknowledgment to both Y and Z`},
	{"an invalid message holds up no other", `
		X" "hello"
		waits 100ms
		Y: Client Y: Ahnaf
		Z: Client Z: Ahnaf
		Y receives "Y: Ahnaf received before Z: Ahnaf\n"
		Z receives "Y: Ahnaf received before Z: Ahnaf\n"
		at 200ms
		X receives "ERR syntax \"hello\" is not of the form \"Client NAME: TEXT\"\n"
		screen Message Received: Client Y: Ahnaf
		screen Message Received: Client Z: Ahnaf
		screen Sent acknowledgment to both Y and Z`},
	// Fault O1.
	{"a message that would give a verdict three parts is refused", `
		Z: Client Z: hello received before Q: bye
		Z receives "ERR syntax \"received before\" separates the parts of a verdict; choose other words\n"
		X: Client X: Ahnaf
		Y: Client Y: Ahnaf
		X receives "X: Ahnaf received before Y: Ahnaf\n"
		Y receives "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"CRLF", `
		X" "Client X: Ahnaf\r\n"
		Y" "Client Y: Ahnaf\r\n"
		X receives "X: Ahnaf received before Y: Ahnaf\n"
		Y receives "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"extra bytes", `
		X" "Client X: Ahnaf\nClient Y: Ahnaf\nmore"
		waits 100ms
		X" "Client Z: Ahnaf\n"
		Y: Client Y: Ahnaf
		Y: and more
		X receives "X: Ahnaf received before Y: Ahnaf\n"
		Y receives "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"both are named X", `
		X: Client X: Ahnaf
		Y: Client X: Ahnaf
		X receives "X: Ahnaf received before X: Ahnaf\n"
		Y receives "X: Ahnaf received before X: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client X: Ahnaf
		screen Sent acknowledgment to both X and X`},
	{"names and texts of any kind", `
		X: Client Ada Lovelace: a: b
		Y" "Client \x1b]0;x\x07: \u202eevil\xff\r\r\n"
		X receives "Ada Lovelace: a: b received before \\x1b]0;x\\x07: \\u202eevil\\xff\\x0d\n"
		Y receives "Ada Lovelace: a: b received before \\x1b]0;x\\x07: \\u202eevil\\xff\\x0d\n"
		screen Message Received: Client Ada Lovelace: a: b
		screen Message Received: Client \x1b]0;x\x07: \u202eevil\xff\x0d
		screen Sent acknowledgment to both Ada Lovelace and \x1b]0;x\x07`},
	{"rounds that overlap", `
		A: Client A: 1
		B: Client B: 2
		waits 1ms
		C: Client C: 3
		D: Client D: 4
		D receives "C: 3 received before D: 4\n"
		C receives "C: 3 received before D: 4\n"
		B receives "A: 1 received before B: 2\n"
		A receives "A: 1 received before B: 2\n"
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
			synctest.Test(t, func(t *testing.T) { play(t, d.sends) })
		})
	}
}

func play(t *testing.T, sends string) {
	c := startServer(t, memnet.New(), 0)
	require.Equal(t, "The server is ready to receive", c.screen.next())
	began := time.Now()
	all := map[string]*rawClient{}
	for line := range strings.SplitSeq(sends, "\n") {
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
			all[name] = c.dial()
		}
		act(t, all[name], who[1:], what, line)
		synctest.Wait()
	}
	synctest.Wait()
	require.Empty(t, c.screen.rest())
}

// act makes a client do, or checks that it receives, what a line of a dialogue
// states.
func act(t *testing.T, p *rawClient, mark, what, line string) {
	verb, rest, _ := strings.Cut(what, " ")
	switch {
	case mark == ":":
		p.sends(what + "\n")
	case mark == `"`:
		p.sends(unquoted(t, what))
	case verb == "connects":
	case verb == "half-closes":
		require.NoError(t, p.CloseWrite())
	case verb == "closes":
		require.NoError(t, p.Close())
	case verb == "resets":
		p.resets()
	case verb == "quiet":
		p.quiet()
	case verb == "receives":
		require.Equal(t, unquoted(t, rest), p.receives(), line)
	default:
		t.Fatalf("unknown line in the dialogue: %q", line)
	}
}

func unquoted(t *testing.T, s string) string {
	t.Helper()
	raw, err := strconv.Unquote(s)
	require.NoError(t, err, s)
	return raw
}
