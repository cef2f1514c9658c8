package chaos

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/checker"
	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
	"peerlab/lab/wire"
)

// round is a chat of which everything is written down for the checker.
type round struct {
	*stage.Chat
	t       *testing.T
	nemesis *nemesis // nil: there was no fault of a link
	bounds  checker.Bounds
	began   time.Time
	replay  string

	lives  []checker.Life // without their screens
	whose  []*lab.Process // of each life
	typed  []checker.Typed
	faults []*checker.Fault
	count  map[int]int // of the lines typed at a life
	quiet  time.Duration
	judges checker.History // that was judged last

	ignores func(lab.Line) bool // lines of screens that are not for the checker; nil: none
}

const server = stage.ServerName

func client(id int) string { return stage.ClientName(id) }

// newRound prepares a round of n clients, and starts no process.
func newRound(t *testing.T, n int, replay string, opts ...lab.Option) *round {
	t.Helper()
	r := &round{
		Chat: stage.NewChat(t, opts...), t: t, began: time.Now(), replay: replay, count: map[int]int{},
		bounds: checker.Bounds{Delay: 5 * time.Second, Recovery: 8 * time.Second, Quiet: quietPeriod},
	}
	for _, id := range stage.IDs(n) {
		r.NewPorts(id)
	}
	r.Keep("replay.txt", replay+"\n")
	r.Replay(replay)
	return r
}

// begin starts the server and all clients and waits until all are introduced.
func (r *round) begin() {
	r.t.Helper()
	from := r.clock()
	r.StartServer()
	r.born(server, from)
	all, from := stage.IDs(len(r.Ports)), r.clock()
	r.StartClients(all...)
	for _, id := range all {
		r.born(client(id), from)
	}
	r.Introduced(all...)
}

// beginAlone begins a round that measures time.
func beginAlone(t *testing.T, n int) *round {
	t.Helper()
	lab.Alone(t)
	r := newRound(t, n, replayAlone(t))
	r.begin()
	return r
}

// born notes that a life has begun, not before that time.
func (r *round) born(who string, from time.Duration) {
	r.lives = append(r.lives, checker.Life{Who: who, From: from})
	r.whose = append(r.whose, r.process(who))
}

func (r *round) clock() time.Duration { return time.Since(r.began) }

// process is who plays at the moment.
func (r *round) process(who string) *lab.Process {
	if who == server {
		return r.Server
	}
	return r.Clients[number(who)]
}

// number is a client's ID.
func number(who string) (id int) {
	_, _ = fmt.Sscanf(who, "Client %d", &id)
	return id
}

// life is the index of the last life of a member.
func (r *round) life(who string) int {
	for i := len(r.lives) - 1; i >= 0; i-- {
		if r.lives[i].Who == who {
			return i
		}
	}
	return -1
}

// label names the next line of a member: "c2.1-17" is the 17th that is typed at
// the first life of client 2.
func (r *round) label(who string) string {
	life := r.life(who)
	r.count[life]++
	number := 0
	for _, l := range r.lives[:life+1] {
		if l.Who == who {
			number++
		}
	}
	return fmt.Sprintf("%c%s.%d-%d", who[0]|0x20, strings.TrimPrefix(strings.TrimPrefix(who, server), "Client "), number, r.count[life])
}

// says types a line that begins with its label at a member, and returns the
// line as others are to show it.
func (r *round) says(who, more string) string {
	r.t.Helper()
	text := r.label(who) + more
	r.typed = append(r.typed, checker.Typed{Life: r.life(who), At: r.clock(), Text: text})
	r.process(who).Types(text)
	return who + ": " + text
}

// answers types a line at a member that answers the last ones of others on its
// screen, at most so many.
func (r *round) answers(who string, most int) string {
	r.t.Helper()
	var labels []string
	screen := r.screen(who)
	for i := len(screen) - 1; i >= 0 && len(labels) < most; i-- {
		_, text, _ := strings.Cut(screen[i].Text, ": ")
		if label, _, _ := strings.Cut(text, " "); strings.Contains(label, "-") {
			labels = append(labels, label)
		}
	}
	if len(labels) == 0 {
		return r.says(who, "")
	}
	return r.says(who, " re "+strings.Join(labels, " re "))
}

// burst types so many lines at a member at once.
func (r *round) burst(who string, n int) {
	r.t.Helper()
	var b strings.Builder
	now := r.clock()
	for range n {
		text := r.label(who)
		r.typed = append(r.typed, checker.Typed{Life: r.life(who), At: now, Text: text})
		b.WriteString(text + "\n")
	}
	r.process(who).TypesRaw([]byte(b.String()))
}

// kills kills a member with SIGKILL.
func (r *round) kills(who string) {
	r.t.Helper()
	r.over(who, checker.Killed)
	r.process(who).Kill()
}

func (r *round) over(who string, end checker.End) {
	r.t.Helper()
	l := &r.lives[r.life(who)]
	if !r.process(who).Running() {
		r.Fail("%s exited by itself: it should run until the scenario ends it", who)
	}
	l.End, l.To = end, r.clock()
}

// returns starts a member again that has ended: a client is told where the server is now.
func (r *round) returns(who string) {
	r.t.Helper()
	from := r.clock()
	if who == server {
		r.Server.StartAs(r.ServerSpec())
	} else {
		r.process(who).StartAs(r.ClientSpec(number(who)))
	}
	r.born(who, from)
}

// moves starts a member again, that has ended, with other ports: the server only if
// clients can be told where it is, and all are in. One that still looks for the server
// where it was would never be.
func (r *round) moves(who string) {
	r.t.Helper()
	if who != server {
		r.NewPorts(number(who))
	} else if r.At != stage.ChatAddress && r.Tells("server", "server", "LISTEN", "PORT") && r.allIn() {
		r.At = r.Address()
	}
	r.returns(who)
}

// address is where a member listens.
func (r *round) address(who string) string {
	if who == server {
		return r.At
	}
	return r.Ports[number(who)].Address()
}

// trouble notes a fault between a and b, or all other members, which begins now.
// The function returned notes its end.
func (r *round) trouble(what string, a, b []string) (over func()) {
	f := &checker.Fault{What: what, A: a, B: b, From: r.clock()}
	r.faults = append(r.faults, f)
	return func() { f.To = r.clock() }
}

// fault puts a fault on links, and notes it. The function returned ends it.
func (r *round) fault(f wire.Fault, l links) (over func()) {
	r.t.Helper()
	if r.nemesis == nil {
		r.nemesis = &nemesis{Wire: r.Wire()}
	}
	noted, x := r.trouble(f.String(), l.from, l.to), &linkFault{l, f}
	require.NoError(r.t, r.nemesis.begin(x))
	return func() {
		require.NoError(r.t, r.nemesis.end(x))
		noted()
	}
}

// resets resets the connections between two, the end of the one at once.
func (r *round) resets(one, other string) {
	r.t.Helper()
	_, err := r.Wire().Reset(program(one), program(other))
	require.NoError(r.t, err)
}

// history is what has been written down by now.
func (r *round) history(cut string) checker.History {
	h := checker.History{Typed: r.typed, Quiet: r.quiet, Cut: cut, Replay: r.replay}
	for _, f := range r.faults {
		h.Faults = append(h.Faults, *f)
	}
	epoch := map[*lab.Process]int{}
	for i, l := range r.lives {
		p := r.whose[i]
		seen := p.Lives()[epoch[p]]
		epoch[p]++
		l.Forgotten = seen.Forgotten
		for _, line := range seen.Screen {
			if !line.Cut && (r.ignores == nil || !r.ignores(line)) {
				l.Screen = append(l.Screen, checker.Shown{At: line.At.Sub(r.began), Text: line.Text})
			}
		}
		if l.End == checker.Lives && !seen.Ended.IsZero() {
			l.End, l.To = checker.Failed, seen.Ended.Sub(r.began)
		}
		h.Lives = append(h.Lives, l)
	}
	h.End = r.clock()
	return h
}
