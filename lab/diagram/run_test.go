package diagram

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/lab/event"
)

// find returns the first node of a kind whose text ends so.
func find(t *testing.T, r *Run, kind event.Kind, text string) int {
	t.Helper()
	for i := range r.nodes {
		if r.nodes[i].Kind == kind && strings.HasSuffix(r.nodes[i].Text, text) {
			return i
		}
	}
	t.Fatalf("no %s %q", kind, text)
	return none
}

func TestColumns(t *testing.T) {
	r := New(record(t, `
1 client10 started
2 server started
3 client2 started
4 other>server#1@0 sent x
5 node started
6 client1 started`))
	var names []string
	for _, p := range r.processes {
		names = append(names, p.name)
	}
	assert.Equal(t, []string{"client1", "client2", "client10", "server", "node", "other"}, names)
}

func TestTheFateOfMessages(t *testing.T) {
	r := New(record(t, fates))
	for text, want := range map[string]fate{
		"hello <b>&amp;": arrived, "dropped at first": again, "held up": heldUp, "my last": lost, "too late": unread,
	} {
		assert.Equal(t, want, r.fate(find(t, r, event.Sent, text)), text)
	}
}

func TestMessagesAreMatchedByTheirBytes(t *testing.T) {
	for name, test := range map[string]struct {
		record string
		want   map[string]string // which Received each Sent was, by text
	}{
		"the same line twice": {`
1 a>b#1@0 sent one x
1 a>b#1@6 sent two x
2 a>b#1@0 received ONE x
3 a>b#1@6 received TWO x`, map[string]string{"one x": "ONE x", "two x": "TWO x"}},
		"two connections, the second is first": {`
1 a>b#1@0 sent one
2 a>b#2@0 sent two
3 a>b#2@0 received TWO
4 a>b#1@0 received ONE`, map[string]string{"one": "ONE", "two": "TWO"}},
		"both ways of one connection": {`
1 a>b#1@0 sent there
2 b>a#1@0 sent back
3 b>a#1@0 received BACK
4 a>b#1@0 received THERE`, map[string]string{"there": "THERE", "back": "BACK"}},
		"cut into other pieces": {`
1 a>b#1@0 sent 12345
1 a>b#1@6 sent 78
2 a>b#1@0 received 1234567890`, map[string]string{"12345": "1234567890", "78": "1234567890"}},
		"the one between is lost": {`
1 a>b#1@0 sent one
1 a>b#1@4 sent two
2 a>b#1@0 received ONE`, map[string]string{"one": "ONE", "two": ""}},
		"the record lost what was sent": {`
2 a>b#1@0 received got one`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(record(t, test.record))
			for sent, received := range test.want {
				to := r.nodes[find(t, r, event.Sent, sent)].received
				if received == "" {
					assert.Equal(t, none, to)
				} else if assert.NotEqual(t, none, to, sent) {
					assert.Equal(t, received, r.nodes[to].Text)
				}
			}
		})
	}
}

func TestThePossiblePast(t *testing.T) {
	r := New(record(t, `
1 a typed one
2 a>b#1@0 sent one
3 b typed before
4 a>b#1@0 received one
5 b>c#2@0 sent two
6 c typed apart
7 b shown after
8 b>c#2@0 received two
9 c shown two
10 a shown unrelated
11 c>a fault drop`))
	in, count := r.past([]int{find(t, r, event.Shown, "two")})
	assert.Equal(t, 8, count)
	for text, want := range map[string]bool{"one": true, "before": true, "apart": true} {
		assert.Equal(t, want, in[find(t, r, event.Typed, text)], text)
	}
	for _, text := range []string{"after", "unrelated"} {
		assert.False(t, in[find(t, r, event.Shown, text)], text)
	}
	assert.False(t, in[find(t, r, event.Fault, "drop")])
}

func TestOrigins(t *testing.T) {
	long := strings.Repeat("long-", 100)
	r := New(record(t, `
1 client1 typed a-1
2 client1 typed a-10
3 client2 typed b re a-1
4 client1 typed hello
5 client2 typed hello
6 client1 typed `+long+`
7 client2>client1#1@0 sent MSG 2 b re a-1
8 client1>client2#1@0 sent a-1
9 client2>client1#1@20 sent MSG hello
9 client2>client1#1@20 received MSG hello
10 client2 shown Client 1: a-10
11 client1 shown Client 2: hello
12 client2 shown Client 1: hello
13 client2 shown xa-1
14 client2 shown Client 1: `+long[:300]))
	for _, test := range []struct {
		kind event.Kind
		line string
		want int // the time of the typed one
	}{
		{event.Sent, "MSG 2 b re a-1", 3},
		{event.Sent, "a-1", 3}, // the first that ends so
		{event.Sent, "MSG hello", 5},
		{event.Received, "MSG hello", 5},
		{event.Shown, "Client 1: a-10", 2},
		{event.Shown, "Client 2: hello", 5},
		{event.Shown, "Client 1: hello", 4},
		{event.Shown, "xa-1", none},
		{event.Shown, long[:300], 6},
	} {
		origin := r.origins[find(t, r, test.kind, test.line)]
		if origin != none {
			origin = int(r.nodes[origin].Time.Sub(r.began).Milliseconds())
		}
		assert.Equal(t, test.want, origin, test.line)
	}
}

func TestWhatStandsBehindItsEffectIsMoved(t *testing.T) {
	r := New(record(t, `
1 a typed hello
5 b shown A: hello
6 a>b#1@0 sent hello
6 a>b#1@0 received hello
300 c shown A: hello
500 a>c#2@0 sent hello
500 a>c#2@0 received hello`))
	var numbers []int
	for i := range r.nodes {
		numbers = append(numbers, r.nodes[i].number)
	}
	assert.Equal(t, []int{1, 2, 4, 5, 3, 6, 7, 8}, numbers, "c was shown it by other means: too long before")
	p, ok := r.Number(3)
	assert.True(t, ok)
	assert.Equal(t, event.Shown, r.nodes[r.find(p)].Kind)
}

func TestFaultsOfManyLinksAreOne(t *testing.T) {
	r := New(record(t, `
1 a started
1 b started
1 c started
10 a>b fault drop
11 b>a fault drop
12 a>c fault drop
13 c>a fault drop
500 b>c fault hold
900 a>b healed
900 b>a healed
910 a>c healed
911 c>a healed
950 b>c fault delay 1s
960 > fault drop
970 > healed`))
	var all []string
	for i := range r.faults {
		all = append(all, r.faults[i].String())
	}
	assert.Equal(t, []string{"drop, a ⇄ b, c", "hold, b → c", "delay 1s, b → c", "drop, all ⇄ all"}, all)
	odd := fault{text: "drop", links: []event.Link{{From: "a", To: "b"}, {From: "b", To: "c"}, {From: "a", To: "c"}}}
	assert.Equal(t, "drop; a → b, c; b → c", odd.String())
	assert.Equal(t, "delay 1s", r.nodes[r.faults[1].to].Text, "the next fault of a link ends the one before")
	assert.Equal(t, none, r.faults[2].to)
}

func TestLives(t *testing.T) {
	r := New(record(t, fates))
	server := r.processes[r.process("server")]
	assert.Len(t, server.lives, 1)
	assert.Equal(t, event.Exited, r.nodes[server.lives[0].to].Kind)
	client2 := r.processes[r.process("client2")]
	assert.Equal(t, []span{{find(t, r, event.Fault, "pause"), find(t, r, event.Fault, "resume")}}, client2.pauses)
}
