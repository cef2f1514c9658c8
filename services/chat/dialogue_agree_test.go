package chat

import (
	"fmt"
	"strings"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/wire"
)

// The beginning of a dialogue with the server: client 1, who is new, is let in.
const letIn = `
		C: HELLO peerlab-chat/2 1 2000 127.0.0.1:6001 new 0
		S: HELLO peerlab-chat/2 server 1001 127.0.0.1:4000 in 0
		C: READY 0 0
		S: READY 0 0
		screen Client 1: initiated.`

func init() {
	for name, says := range agreeing {
		dialogues[name] = dialogue{wire.Server, letIn + says}
	}
}

var agreeing = map[string]string{
	"what is heard of is asked for and shown": `
		C: HAVE 9 1500 2
		S: WANT 9 1500 0
		C: LINES 9 1500 2
		C: MSG 9 1 the first
		C: AFTER 9 1500 1
		C: MSG 9 2 the second
		screen Client 9: the first
		screen Client 9: the second
		C: WANT 9 1500 0
		S: LINES 9 1500 2
		S: MSG 9 1 the first
		S: AFTER 9 1500 1
		S: MSG 9 2 the second
		C: WANT 9 1500 1
		S: LINES 9 1500 1
		S: AFTER 9 1500 1
		S: MSG 9 2 the second
		C: WANT 9 1500 2
		S: LINES 9 1500 0`,
	"what is still missing is asked for again": `
		C: HAVE 9 1500 2
		S: WANT 9 1500 0
		C: LINES 9 1500 1
		C: MSG 9 1 the first
		S: WANT 9 1500 1
		C: LINES 9 1500 1
		C: MSG 9 2 the second
		screen Client 9: the first
		screen Client 9: the second`,
	"what was said before this process began is not asked for": `
		C: HAVE 9 500 7
		C: HAVE 9 500 8
		C: PING x
		S: PONG x`,
	"what comes by itself is not asked for": `
		C: MSG 1 1 a
		C: HAVE 1 2000 5
		screen Client 1: a
		C: PING x
		S: PONG x`,
	"a process that no member knows": `
		C: WANT 9 1500 0
		S: LINES 9 1500 0`,
	"own lines can be asked for": `
		types hello
		S: MSG server 1 hello
		C: WANT server 1001 0
		S: LINES server 1001 0`,
	"an answer waits for what it answers": `
		C: AFTER 9 1500 1
		C: MSG 1 1 you are right
		S: WANT 9 1500 0
		C: MSG 1 2 and I am too
		C: LINES 9 1500 1
		C: MSG 9 1 it rains
		screen Client 9: it rains
		screen Client 1: you are right
		screen Client 1: and I am too
		types so am I
		S: AFTER 9 1500 1
		S: AFTER 1 2000 2
		S: MSG server 1 so am I
		types again
		S: MSG server 2 again`,
	"what is answered can not be had": `
		C: AFTER 9 1500 3
		C: MSG 1 1 you are right
		S: WANT 9 1500 0
		C: LINES 9 1500 0
		screen Client 1: you are right
		C: AFTER 9 1500 3
		C: MSG 1 2 not waited for again
		screen Client 1: not waited for again
		C: HAVE 9 1500 1
		S: WANT 9 1500 0
		C: LINES 9 1500 1
		C: MSG 9 1 here I am
		screen Client 9: here I am`,
	"one who never answers": `
		C: AFTER 9 1500 3
		C: MSG 1 1 you are right
		S: WANT 9 1500 0
		lives 2500ms
		screen * Client 9: 3 lines missing
		screen Client 1: you are right`,
	"lines that begin too late": `
		C: HAVE 9 1500 5
		S: WANT 9 1500 0
		C: LINES 9 1500 2
		C: MSG 9 4 d
		C: MSG 9 5 e
		lives 62s
		screen * Client 9: 3 lines lost
		S: WANT 9 1500 3
		C: LINES 9 1500 2
		C: MSG 9 4 d
		C: MSG 9 5 e
		screen Client 9: d
		screen Client 9: e`,
	"a goodbye waits for the last line": `
		C: AFTER 9 1500 1
		C: MSG 1 1 bye all
		S: WANT 9 1500 0
		C: BYE
		S closes
		waits 3s
		screen * Client 9: 1 line missing
		screen Client 1: bye all
		screen Client 1: terminated.`,
	"of the far future": `
		C: AFTER 9 900000000000000 999999999999999999
		C: MSG 1 1 guess
		S: WANT 9 900000000000000 0
		C: LINES 9 900000000000000 0
		screen Client 1: guess
		C: AFTER 9 900000000000000 999999999999999999
		C: MSG 1 2 not believed again
		screen Client 1: not believed again`,
	"of its own far future": `
		C: AFTER 1 2000 999999999999999999
		C: MSG 1 1 after myself
		screen Client 1: after myself`,
	"of a process that cannot have started yet": `
		C: HAVE 9 999999999999999999 5
		C: PEER 9 999999999999999999 127.0.0.1:9 5
		C: AFTER 9 999999999999999999 5
		C: MSG 1 1 hello
		screen Client 1: hello
		lives 5s`,
	"its own name": `
		C: HAVE server 1001 99
		C: AFTER server 1001 99
		C: MSG 1 1 what will you say?
		screen Client 1: what will you say?
		C: LINES server 1001 1
		S: ERR syntax LINES that were not asked for
		S closes`,
	"an earlier process of its name": `
		C: HAVE server 900 5
		C: AFTER server 900 5
		C: MSG 1 1 as you said then
		screen Client 1: as you said then`,
	"LINES that were not asked for": `
		C: LINES 9 1500 1
		S: ERR syntax LINES that were not asked for
		S closes`,
	"LINES of another than was asked for": `
		C: HAVE 9 1500 2
		S: WANT 9 1500 0
		C: LINES 8 1500 1
		S: ERR syntax LINES that were not asked for
		S closes`,
	"LINES in another's name": `
		C: HAVE 9 1500 2
		S: WANT 9 1500 0
		C: LINES 9 1500 1
		C: MSG 1 1 me
		S: ERR sender Client 1 sent a line in the name of "1"
		S closes`,
	"LINES and then something else": `
		C: HAVE 9 1500 2
		S: WANT 9 1500 0
		C: LINES 9 1500 1
		C: HAVE 9 1500 3
		S: ERR syntax LINES is not followed by that many
		S closes`,
	"LINES of more than there are": `
		C: HAVE 9 1500 1
		S: WANT 9 1500 0
		C: LINES 9 1500 2
		C: MSG 9 1 a
		C: MSG 9 2 b
		C: MSG 9 3 c
		screen Client 9: a
		screen Client 9: b
		S: ERR sender Client 1 sent a line in the name of "9"
		S closes`,
	"AFTER and then something else": `
		C: AFTER 9 500 1
		C: WANT 9 500 1
		S: ERR syntax AFTER is not followed by MSG
		S closes`,
	"signs of life are no business of anybody's": `
		C" "\n\n\r\n"
		C: AFTER 9 500 1
		C" "\n"
		C: MSG 1 1 a
		screen Client 1: a`,
	"nothing is heard": `
		waits 1700ms
		S: PING alive
		C" "\n"
		waits 900ms
		C: PING alive
		S: PONG alive
		waits 2900ms
		S: PING alive
		S: ERR silent nothing was heard for 3 seconds
		S closes`,
	"a flood of AFTER": `
		C" "` + strings.Repeat(`AFTER 9 500 1\n`, broadcast.MaxSenders+1) + `"
		S: ERR syntax more than 2048 lines AFTER
		S closes`,
	"HAVE of all": `
		C" "` + numbered(`HAVE x%d 500 1\n`, 60_000) + `"
		S: ERR full 2049 processes that are not known here
		S closes`,
}

func numbered(format string, n int) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, format, i)
	}
	return all.String()
}
