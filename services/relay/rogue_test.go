package relay

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// rogues are nodes that misbehave. An honest node serves the file as well. A fetch
// must print the complete and correct file after costs, and name a node that has sent
// other bytes than it announced.
var rogues = map[string]struct {
	costs time.Duration
	named bool
	reply func(content, request string) (text string, goOn bool)
}{
	"a short body": {0, false, func(content, _ string) (string, bool) {
		return send0(content, hashed(content)) + content[:len(content)/2], false
	}},
	"a short body without a hash": {0, false, func(content, _ string) (string, bool) {
		return send0(content, unknown) + content[:len(content)/2], false
	}},
	"a short body of other bytes": {0, false, func(content, _ string) (string, bool) {
		return send0(content, unknown) + strings.Repeat("x", len(content)/2), false
	}},
	"an endless body": {0, true, func(content, _ string) (string, bool) {
		return send0(content, hashed(content)) + strings.Repeat("x", 10<<20), false
	}},
	"no body at all": {0, false, func(content, _ string) (string, bool) {
		return send0(content, hashed(content)), false
	}},
	"other bytes under the right hash": {0, true, func(content, _ string) (string, bool) {
		return send0(content, hashed(content)) + strings.Repeat("x", len(content)) + "END " + hashed(content) + "\n", true
	}},
	"the right bytes under another hash": {0, true, func(content, _ string) (string, bool) {
		return send0(content, hashed("x")) + content + "END " + hashed("x") + "\n", true
	}},
	"another hash at the end": {0, true, func(content, _ string) (string, bool) {
		return send0(content, unknown) + content + "END " + hashed("x") + "\n", true
	}},
	"no hash at all": {0, false, func(content, _ string) (string, bool) {
		return send0(content, unknown) + content + "END -\n", true
	}},
	"an invalid hash": {0, false, func(content, _ string) (string, bool) {
		return send0(content, "abc") + content + "END abc\n", true
	}},
	"an invalid hash at the end": {0, false, func(content, _ string) (string, bool) {
		return send0(content, unknown) + content + "END ABC\n", true
	}},
	"no end": {0, false, func(content, _ string) (string, bool) {
		return send0(content, unknown) + strings.Repeat("x", len(content)), false
	}},
	"silence instead of an end": {hashTime, false, func(content, _ string) (string, bool) {
		return send0(content, unknown) + strings.Repeat("x", len(content)), true
	}},
	"silence in the middle": {bodyTime, false, func(content, _ string) (string, bool) {
		return send0(content, unknown) + content[:10], true
	}},
	"silence":                     {answerTime, false, func(_, _ string) (string, bool) { return "", true }},
	"half an answer":              {answerTime, false, func(_, _ string) (string, bool) { return "SEND 1", true }},
	"an incomplete answer":        {0, false, func(_, _ string) (string, bool) { return "SEND 1 - 1", false }},
	"nothing":                     {0, false, func(_, _ string) (string, bool) { return "", false }},
	"an endless line":             {0, false, func(_, _ string) (string, bool) { return strings.Repeat("x", 1<<20), true }},
	"HTTP":                        {0, false, func(_, _ string) (string, bool) { return "HTTP/1.1 400 Bad Request\r\n\r\n", false }},
	"an unknown code":             {0, false, func(_, _ string) (string, bool) { return "ERR teapot short and stout\n", true }},
	"full":                        {0, false, func(_, _ string) (string, bool) { return "ERR full\n", false }},
	"failed":                      {0, false, func(_, _ string) (string, bool) { return "ERR failed a.txt could not be read\n", false }},
	"always changed":              {0, false, func(_, _ string) (string, bool) { return "ERR changed\n", false }},
	"always differs":              {0, false, func(_, _ string) (string, bool) { return "ERR differs\n", true }},
	"ERR with control characters": {0, false, func(_, _ string) (string, bool) { return "ERR \x1b[2J \x1b[2J\n", false }},
	"a huge size":                 {0, false, func(_, _ string) (string, bool) { return "SEND 4611686018427387904 - 16777216\n", true }},
	"a huge count":                {0, false, func(_, _ string) (string, bool) { return "SEND 3 - 4611686018427387904\n", true }},
	"no numbers":                  {0, false, func(_, _ string) (string, bool) { return "SEND -1 - x\n", true }},
	"fewer than asked":            {0, false, func(_, _ string) (string, bool) { return "SEND 1000 - 10\n0123456789END -\n", true }},
	"changed at the end": {0, false, func(content, _ string) (string, bool) {
		return send0(content, unknown) + strings.Repeat("x", len(content)) + "ERR changed it is another now\n", false
	}},
	"changed at the end, under a hash": {0, false, func(content, _ string) (string, bool) {
		return send0(content, hashed(content)) + strings.Repeat("x", len(content)) + "ERR changed it is another now\n", false
	}},
	"never a hash": {0, false, func(content, request string) (string, bool) {
		if strings.HasSuffix(request, " 0 - a.txt") {
			return fmt.Sprintf("SEND %d - 0\nEND -\n", len(content)), true
		}
		return send0(content, unknown) + content + "END -\n", true
	}},
	"the list of its files": {0, false, func(_, _ string) (string, bool) { return "FILES 1\nFILE 1 - a.txt\n", true }},
}

// send0 returns the SEND line of a whole file.
func send0(content, hash string) string {
	return fmt.Sprintf("SEND %d %s %d\n", len(content), hash, len(content))
}

func TestARogueAndAnHonestNode(t *testing.T) {
	for name, test := range rogues {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const content = "He was part of my dream, of course - but then I was part of his dream, too.\n"
				l := newLab(t, memnet.New())
				rogue := l.rogue(func(request string) (string, bool) { return test.reply(content, request) })
				l.node("a.txt", content)
				began := time.Now()
				l.client(nil).gets(t, "a.txt", content)
				require.Equal(t, test.costs, time.Since(began))
				if test.named {
					require.Len(t, l.log.warnings(), 1)
					require.Contains(t, l.log.String(), "\\\"a.txt\\\": node "+rogue+" excluded: the bytes that it sent do not match the hash that it announced")
				} else {
					require.Empty(t, l.log.warnings())
				}
				require.NotContains(t, l.log.String(), "\x1b")
			})
		})
	}
}

// Without an honest node a fetch fails. It prints nothing and leaves no file of the
// name in the folder.
func TestARogueAlone(t *testing.T) {
	for name, test := range rogues {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				content := noise(10_000, 10)
				l := newLab(t, memnet.New())
				l.rogue(func(request string) (string, bool) { return test.reply(content, request) })
				c := l.client(nil)
				err := c.File(t.Context(), "a.txt")
				require.ErrorContains(t, err, "a.txt")
				require.NotContains(t, err.Error(), "\x1b")
				require.Empty(t, c.out.String())
				dir := t.TempDir()
				require.Error(t, l.saves(dir).File(t.Context(), "a.txt"))
				require.NotContains(t, filesIn(t, dir), "a.txt")
			})
		})
	}
}

// drip sends a byte a second.
func drip(conn net.Conn, text string) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for i := range len(text) {
		if _, err := io.WriteString(conn, text[i:i+1]); err != nil {
			return
		}
		<-tick.C
	}
}

func TestAByteASecond(t *testing.T) {
	for name, test := range map[string]struct {
		costs time.Duration
		atOne string
	}{
		"from the start":      {answerTime, ""},
		"the file":            {bodyTime, "SEND 100 - 100\n"},
		"the end of the file": {hashTime, "SEND 10 - 10\n0123456789"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.rawRogue(func(conn net.Conn, in *bufio.Reader) {
					_, err := in.ReadString('\n')
					assert.NoError(t, err)
					_, err = io.WriteString(conn, test.atOne)
					assert.NoError(t, err)
					drip(conn, strings.Repeat("x", 100))
				})
				l.node("a", "honest")
				began := time.Now()
				l.client(nil).gets(t, "a", "honest")
				require.Equal(t, test.costs, time.Since(began))
			})
		})
	}
}

// A client does not blame a node on a slow link.
func TestASlowNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := noise(100*bodyPart, 11)
		l := newLab(t, memnet.New())
		l.rawRogue(func(conn net.Conn, in *bufio.Reader) {
			_, err := in.ReadString('\n')
			assert.NoError(t, err)
			_, err = io.WriteString(conn, send0(content, unknown))
			assert.NoError(t, err)
			for at := 0; at < len(content); at += bodyPart {
				<-time.After(bodyTime - time.Second)
				_, err := io.WriteString(conn, content[at:at+bodyPart])
				assert.NoError(t, err)
			}
			_, err = io.WriteString(conn, "END "+hashed(content)+"\n")
			assert.NoError(t, err)
		})
		began := time.Now()
		l.client(nil).gets(t, "a", content)
		require.Equal(t, 100*(bodyTime-time.Second), time.Since(began))
	})
}
