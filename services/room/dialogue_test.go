package room

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A dialogue runs between the server and its clients. `C1: TEXT` is a line that
// client 1 sends, and `C1" "TEXT"` a quoted string that it sends without LF. `S1:
// TEXT` is a line that client 1 receives; it must receive no other. "C1 connects"
// and "C1 joins" connect it; "joins" also waits until it is announced. "C1
// closes" ends its stream, and "C1 resets" breaks its connection; "S1 closes"
// requires that the server closes it. "waits" lets time pass. Clients 1 and 2 are
// connected beforehand, unless the dialogue begins with "from the start".
type dialogue struct{ name, script string }

// dialogues holds the dialogues about lines, and about clients that connect and
// leave.
var dialogues = []dialogue{
	{"as assigned", `
		from the start
		C1 joins
		S1: Connection with the server has been established
		C2 joins
		S2: Connection with the server has been established
		S1: [127.0.0.1:50002] is Online
		C1: Hey am client1
		S2: ('127.0.0.1', 50001) at 13:54:49: Hey am client1
		waits 1s
		C2: Hey am client2
		S1: ('127.0.0.1', 50002) at 13:54:50: Hey am client2`},
	{"a client leaves", `
		C2: /quit
		S1: [127.0.0.1:50002] is Offline
		S2 closes`},
	{"a client closes", `
		C2 closes
		S1: [127.0.0.1:50002] is Offline
		S2 closes`},
	{"a client resets", `
		C2 resets
		S1: [127.0.0.1:50002] is Offline
		S2 closes`},
	{"a health check is not announced", `
		from the start
		C1 joins
		S1: Connection with the server has been established
		C2 connects
		S2: Connection with the server has been established
		C2 closes
		S2 closes
		C3 connects
		S3: Connection with the server has been established
		C3 resets
		S3 closes
		waits 1s`},
	{"a client is announced before its first line", `
		from the start
		C1 joins
		S1: Connection with the server has been established
		C2 connects
		S2: Connection with the server has been established
		C2: hello
		S1: [127.0.0.1:50002] is Online
		S1: ('127.0.0.1', 50002) at 13:54:49: hello
		waits 1s`},
	{"a new client receives lines before it is announced", `
		from the start
		C1 joins
		S1: Connection with the server has been established
		C2 connects
		S2: Connection with the server has been established
		C1: hello
		S2: ('127.0.0.1', 50001) at 13:54:49: hello
		waits 100ms
		S1: [127.0.0.1:50002] is Online`},
	{"CRLF, glued lines, empty lines", `
		C1" "one\r\ntwo\n\r\n\n three !\n"
		S2: ('127.0.0.1', 50001) at 13:54:49: one
		S2: ('127.0.0.1', 50001) at 13:54:49: two
		S2: ('127.0.0.1', 50001) at 13:54:49:  three !`},
	{"half a line, half a character", `
		C1: I send lines
		S2: ('127.0.0.1', 50001) at 13:54:49: I send lines
		C1" "gr\xc3"
		waits 1s
		C1" "\xbc\xc3\x9f"
		waits 1s
		C1" "e\n"
		S2: ('127.0.0.1', 50001) at 13:54:51: grüße`},
	{"a line that was cut off", `
		C2" "whole\nhalf"
		S1: ('127.0.0.1', 50002) at 13:54:49: whole
		C2 closes
		S1: [127.0.0.1:50002] is Offline
		S2 closes`},
	{"a client that sends no LF", `
		C2" "Hey am "
		waits 150ms
		C2" "client2"
		waits 190ms
		waits 10ms
		S1: ('127.0.0.1', 50002) at 13:54:50: Hey am client2
		C2" "/who"
		waits 200ms
		S2: [127.0.0.1:50001] is Online
		S2: [127.0.0.1:50002] is Online (you)
		C2" "gr\xc3"
		waits 10s
		C2" "\xbc\xc3\x9fe"
		waits 200ms
		S1: ('127.0.0.1', 50002) at 13:55:00: grüße
		C2" "last"
		C2 closes
		S1: ('127.0.0.1', 50002) at 13:55:00: last
		S1: [127.0.0.1:50002] is Offline
		S2 closes`},
	{"half a character is not the end of a line", `
		C2" "a\xe2\x82"
		waits 1s
		C2 closes
		S1: [127.0.0.1:50002] is Offline
		S2 closes`},
	{"after the first LF only LF ends a line", `
		C2" "one"
		waits 200ms
		S1: ('127.0.0.1', 50002) at 13:54:49: one
		C2" "two\nthr"
		S1: ('127.0.0.1', 50002) at 13:54:49: two
		waits 10s
		C2" "ee\n"
		S1: ('127.0.0.1', 50002) at 13:54:59: three`},
	{"telnet", `
		C2" "\xff\xfd\x03\xff\xfb\x18\xff\xfa\x18\x00XTERM\nsecret\xff\xff\xff\xf0he\xff\xf4llo\xff"
		waits 150ms
		C2" "\xfe"
		C2" "\x01\r\n"
		S1: ('127.0.0.1', 50002) at 13:54:49: hello
		C2" "\xff\xff\xffa\n"
		S1: ('127.0.0.1', 50002) at 13:54:49: \xffa`},
	{"control characters", `
		C2" "\x1b[2J \x00 \t \u009b \u202e \x80 \x7f a\rb\n"
		S1: ('127.0.0.1', 50002) at 13:54:49: \x1b[2J \x00 \t \u009b \u202e \x80 \x7f a\x0db`},
	{"the longest line, and one that is too long", `
		C2" "` + strings.Repeat("x", 4096) + `\r\n"
		S1: ('127.0.0.1', 50002) at 13:54:49: ` + strings.Repeat("x", 4096) + `
		C2" "` + strings.Repeat("x", 10_000) + `"
		S2: Not sent: a line holds at most 4096 bytes
		C2" "` + strings.Repeat("x", 10_000) + `\nhello\n"
		S1: ('127.0.0.1', 50002) at 13:54:49: hello`},
	{"a flood without LF", `
		C2" "` + strings.Repeat("x", 10_000) + `"
		S2: Not sent: a line holds at most 4096 bytes
		waits 200ms
		C2" "hello"
		waits 200ms
		S1: ('127.0.0.1', 50002) at 13:54:50: hello`},
	{"a command and a line before leaving", `
		from the start
		C1 joins
		S1: Connection with the server has been established
		C2 connects
		S2: Connection with the server has been established
		C2" "one\n/who\ntwo\n/quit\nthree\n"
		S2: [127.0.0.1:50001] is Online
		S2: [127.0.0.1:50002] is Online (you)
		S2 closes
		S1: [127.0.0.1:50002] is Online
		S1: ('127.0.0.1', 50002) at 13:54:49: one
		S1: ('127.0.0.1', 50002) at 13:54:49: two
		S1: [127.0.0.1:50002] is Offline`},
}

func TestDialogues(t *testing.T) {
	for _, d := range slices.Concat(dialogues, commands, nicks) {
		t.Run(d.name, func(t *testing.T) {
			withRoom(t, nil, func(t *testing.T, h *testRoom) { play(t, h, d.script) })
		})
	}
}

// play plays a dialogue and fails at the first difference.
func play(t *testing.T, h *testRoom, script string) {
	guests := map[string]*guest{}
	received := map[string][]string{} // and not checked yet
	quiet := func(before string) {
		t.Helper()
		for name := range received {
			require.Empty(t, received[name], "client %s, before %q", name, before)
		}
	}
	listen := func(d time.Duration) {
		h.settles(d)
		for name, g := range guests {
			received[name] = append(received[name], g.received.takeLines()...)
		}
	}
	steps := strings.Split(strings.TrimSpace(script), "\n")
	if steps[0] == "from the start" {
		steps = steps[1:]
	} else {
		guests["1"], guests["2"] = h.joins(), h.joins()
		require.Equal(t, lineGreeting+"[127.0.0.1:50002] is Online\n", guests["1"].received.take())
		require.Equal(t, lineGreeting, guests["2"].received.take())
	}
	for _, step := range steps {
		step = strings.TrimLeft(step, "\t")
		if d, ok := strings.CutPrefix(step, "waits "); ok {
			quiet(step)
			wait, err := time.ParseDuration(d)
			require.NoError(t, err)
			listen(wait - mergeTime)
			continue
		}
		side, name, what := step[0], step[1:2], step[2:]
		g := guests[name]
		if side == 'S' {
			if what == " closes" {
				<-g.ended
				continue
			}
			require.NotEmpty(t, received[name], "for %q", step)
			require.Equal(t, strings.TrimPrefix(what, ": "), received[name][0])
			received[name] = received[name][1:]
			continue
		}
		quiet(step)
		wait := time.Duration(0)
		switch {
		case what == " connects":
			guests[name] = h.connects()
		case what == " joins":
			guests[name] = h.connects()
			wait = arrival
		case what == " closes":
			require.NoError(t, g.CloseWrite())
		case what == " resets":
			h.settles(0)
			received[name] = append(received[name], g.received.takeLines()...)
			g.Reset()
		case what[0] == '"':
			text, err := strconv.Unquote(strings.TrimPrefix(what, `" `))
			require.NoError(t, err)
			g.sends(t, text)
		default:
			g.sends(t, strings.TrimPrefix(what, ": ")+"\n")
		}
		listen(wait)
	}
	quiet("the end")
}
