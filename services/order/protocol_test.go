package order

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
)

func TestMessages(t *testing.T) {
	for message, want := range map[string]signed{
		"Client X: Ahnaf":                         {"X", "Ahnaf"},
		"Client X: ":                              {"X", ""},
		"Client X:  two  spaces":                  {"X", " two  spaces"},
		"Client X: a: b":                          {"X", "a: b"},
		"Client two words: hi":                    {"two words", "hi"},
		"Client a:b: c":                           {"a:b", "c"},
		"Client Client: Client":                   {"Client", "Client"},
		"Client ERROR: x":                         {"ERROR", "x"},
		"Client Ää: 早い":                           {"Ää", "早い"},
		"Client X: \x1b[2J\t\x00\xff\u202e\u009b": {"X", `\x1b[2J\t\x00\xff\u202e\u009b`},
		"Client \r\x07: x":                        {`\x0d\x07`, "x"},
		"Client X: " + strings.Repeat("x", 497):   {"X", strings.Repeat("x", 497)},
	} {
		got, err := parse([]byte(message))
		require.NoError(t, err, "%q", message)
		assert.Equal(t, want, got, "%q", message)
	}
	for message, why := range map[string]string{
		"":                                      `"" is not of the form "Client NAME: TEXT"`,
		"Client":                                "is not of the form",
		"Client X":                              "is not of the form",
		"Client X:Ahnaf":                        "is not of the form",
		"Client X:":                             "is not of the form",
		"Client : Ahnaf":                        "is not of the form",
		"client X: Ahnaf":                       "is not of the form",
		" Client X: Ahnaf":                      "is not of the form",
		"GET / HTTP/1.1":                        `"GET / HTTP/1.1" is not of the form "Client NAME: TEXT"`,
		"\x1b[2J":                               `"\x1b[2J" is not of the form`,
		"Client ERR: x":                         `the name "ERR" would`,
		"Client ERR syntax a: x":                `the name "ERR syntax a" would`,
		"Client X: " + strings.Repeat("x", 498): "NAME: TEXT has 501 bytes; the limit is 500",
		"Client X: " + strings.Repeat("\x1b", 125): "NAME: TEXT has 503 bytes; the limit is 500",
	} {
		_, err := parse([]byte(message))
		var r *lines.Refusal
		require.ErrorAs(t, err, &r, "%q", message)
		assert.Equal(t, "syntax", r.Code)
		assert.Contains(t, r.Reason, why, "%q", message)
	}
}

// Fault O1: a message that contained " received before " gave the verdict three
// parts.
func TestAVerdictHasTwoParts(t *testing.T) {
	for _, sent := range []string{
		"Client X: a received before Y: b",
		"Client X: a received before ",
		"Client X: a received \u200b before Y: b",
		"Client X: a rece\u00adived be\u200bfore Y: b",
		"Client X: a received\u3164before\u2800Y: b",
		"Client X: a received before",
		"Client X: received before Y: b",
		"Client X: received before",
		"Client X received before Y: b",
		"Client received before Y: b",
		"Client X: a Received  BEFORE\tY: b",
		"Client X: a received\u00a0before Y: b",
	} {
		_, err := parse([]byte(sent))
		var r *lines.Refusal
		require.ErrorAs(t, err, &r, "%q", sent)
		assert.Equal(t, lines.Refusal{Code: "syntax", Reason: `"received before" separates the parts of a verdict; choose other words`}, *r)
		name, text, _ := strings.Cut(strings.TrimPrefix(sent, salutation), ": ")
		assert.Error(t, check(name, text), "%q", sent)
	}
	for _, sent := range []string{
		"Client X: received", "Client X: before", "Client received before: it", "Client X: areceived before", "Client X: received beforehand",
		"Client X: received, before Y: b", "Client before: received", "Client received: before received",
	} {
		s, err := parse([]byte(sent))
		require.NoError(t, err, "%q", sent)
		verdict := (&round{first: &message{signed: s}, second: &message{signed: s}}).verdict()
		assert.Equal(t, len(s.String()), strings.Index(verdict, before), "%q", verdict)
		assert.Equal(t, len(s.String()), strings.LastIndex(verdict, before), "%q", verdict)
	}
}

// The longest verdict fits one recv of 1,024, and no name makes it look like an
// error.
func TestTheLongestVerdictFitsAndIsNoError(t *testing.T) {
	longest, err := parse([]byte("Client X: " + strings.Repeat("\x1b", 124) + "."))
	require.NoError(t, err)
	require.Len(t, longest.String(), maxSigned)
	m := &message{signed: longest, ended: true}
	got := m.answer((&round{first: m, second: m}).verdict())
	assert.Len(t, got, 1018)
	assert.LessOrEqual(t, len(got), maxVerdict)
}

func TestMessagesThatAClientMayNotSend(t *testing.T) {
	require.NoError(t, check("X", "Ahnaf"))
	require.NoError(t, check("a:", ""))
	for want, args := range map[string][2]string{
		"NAME is empty":                              {"", "x"},
		"without control characters":                 {"X", "a\nb"},
		"one line each":                              {"X\x1b", "a"},
		`NAME "a: b" contains a colon`:               {"a: b", "x"},
		`the name "ERR" would`:                       {"ERR", "x"},
		"NAME: TEXT has 503 bytes; the limit is 500": {"X", strings.Repeat("x", 500)},
	} {
		assert.ErrorContains(t, check(args[0], args[1]), want)
	}
}

// A message that check accepts is parsed into the same name and text, and the
// content of every message can be shown and fits a verdict.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{"Client X: Ahnaf", "Client ERR: x", "Client a:: b", "Client : ", "x", "Client \xff: \u202e", "Client X:\t: x", "Client X: a received before Y: b"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		s, err := parse(message)
		var r *lines.Refusal
		switch {
		case errors.As(err, &r):
			if !lines.Clean([]byte(r.Line())) || len(r.Line()) > maxVerdict {
				t.Fatalf("%q cannot be shown", r.Line())
			}
		case err != nil:
			t.Fatal(err)
		case len(s.String()) > maxSigned || !lines.Clean([]byte(s.String())) || strings.HasPrefix(s.String(), refused):
			t.Fatalf("%q is %q", message, s)
		case strings.Contains(" "+s.String()+" ", before):
			t.Fatalf("a verdict on %q has three parts", message)
		case check(s.name, s.text) == nil:
			again, err := parse([]byte(salutation + s.String()))
			if err != nil || again != s {
				t.Fatalf("%q is %q and then %q (%v)", message, s, again, err)
			}
		}
	})
}
