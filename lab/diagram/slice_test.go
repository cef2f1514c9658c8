package diagram

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/lab/event"
)

// texts are the events of a slice.
func texts(r *Run, s Slice) (all []string) {
	for _, i := range s.chosen {
		n := &r.nodes[i]
		all = append(all, strings.TrimSpace(string(n.Kind)+" "+n.Text))
	}
	return all
}

// busy is a record of n lines that client1 types, one after the other, of which line
// "wrong" does not reach client3, and keepalives all the time.
func busy(t testing.TB, n int, wrong string) []event.Event {
	var b strings.Builder
	for i := range 3 {
		fmt.Fprintf(&b, "%d client%d started ./client\n", i, i+1)
	}
	for i := range n {
		at, text := 10+10*i, fmt.Sprintf("line-%d", i)
		fmt.Fprintf(&b, "%d client1 typed %s\n", at, text)
		for to := 2; to <= 3; to++ {
			link := fmt.Sprintf("client1>client%d#%d@%d", to, to, 100*i)
			fmt.Fprintf(&b, "%d %s sent MSG 1 %s\n", at+1, link, text)
			if to == 3 && text == wrong {
				continue
			}
			fmt.Fprintf(&b, "%d %s received MSG 1 %s\n%d client%d shown Client 1: %s\n", at+1, link, text, at+2, to, text)
		}
		fmt.Fprintf(&b, "%d client2>client3#9@%d sent \n%d client2>client3#9@%d received \n", at+3, i, at+3, i)
	}
	return record(t, b.String())
}

func TestASliceIsWhatMatters(t *testing.T) {
	r := New(busy(t, 100, "line-50"))
	s := r.Around([]Point{{Process: "client3", Life: 1, Text: "Client 1: line-50", Missing: true}}, MostEvents)
	got := texts(r, s)
	assert.Contains(t, got, "typed line-50")
	assert.Contains(t, got, "sent MSG 1 line-50")
	assert.Contains(t, got, "shown Client 1: line-50", "where it is")
	assert.LessOrEqual(t, s.size(), 12)
	assert.Greater(t, s.before, 500, "all that client3 has received may be the reason")
	picture := string(r.Draw(s, Options{}))
	assert.Contains(t, picture, `class="arrow lost"`, "a line that was lost on its way")
	assert.Contains(t, picture, "✗ missing: Client 1: line-50")
	assert.NotContains(t, got, "shown Client 1: line-49", "client3 has shown it long before its end")
}

func TestASliceIsBounded(t *testing.T) {
	r := New(busy(t, 100, ""))
	for _, most := range []int{1, 2, 5, 40} {
		s := r.Around([]Point{{Process: "client2", Text: "Client 1: line-70"}, {Process: "client3", Text: "Client 1: line-70"}}, most)
		assert.LessOrEqual(t, s.size(), most)
		assert.Contains(t, texts(r, s), "shown Client 1: line-70")
	}
	assert.Empty(t, New(nil).Around(nil, MostEvents).chosen)
	s := r.Around([]Point{{Process: "client9", Text: "there is no such line"}}, MostEvents)
	assert.Zero(t, s.before)
	r.Draw(s, Options{})
}

func TestASliceHasWhatTheLabDid(t *testing.T) {
	r := New(record(t, `
1 a started
1 b started
1 c started
2 c fault pause
3 x>y fault drop
10 a>b fault delay 1s
11 b>a fault delay 1s
20 a typed hello
21 a>b#1@0 sent hello
22 a fault kill -9
23 a exited was ended by SIGKILL (status 137)
24 a started
500 a>b healed
501 b>a healed
1021 a>b#1@0 received hello
1022 b shown A: hello
1030 c fault resume
1031 c fault kill -9`))
	got := texts(r, r.Around([]Point{{Process: "b", Text: "A: hello"}}, MostEvents))
	for _, want := range []string{
		"fault pause", "fault delay 1s", "typed hello", "sent hello", "fault kill -9", "exited was ended by SIGKILL (status 137)", "started",
		"healed", "received hello", "shown A: hello", "fault drop",
	} {
		assert.Contains(t, got, want)
	}
	assert.Len(t, got, 11, "one row for both directions of a link, and nothing that is later")
}

func TestPoints(t *testing.T) {
	r := New(record(t, `
1 a started
2 a shown x
3 a shown x
4 a shown y
5 a started
6 a shown x
7 b typed x`))
	for _, test := range []struct {
		point Point
		want  int // the time
	}{
		{Point{Process: "a", Text: "x"}, 2},
		{Point{Process: "a", Text: "x ", Nth: 2}, 3},
		{Point{Process: "a", Life: 2, Text: "x"}, 6},
		{Point{Process: "a", Life: 1, Text: "x", Nth: 3}, none},
		{Point{Process: "b", Kind: event.Typed, Text: "x"}, 7},
		{Point{Process: "a", Life: 2}, 5},
		{Point{Process: "b", Text: "x"}, none},
		{Point{Process: "a", Text: "x", Missing: true}, none},
	} {
		at := r.find(test.point)
		if at != none {
			at = int(r.nodes[at].Time.Sub(r.began).Milliseconds())
		}
		assert.Equal(t, test.want, at, test.point)
	}
	p, ok := r.Last("x")
	assert.True(t, ok)
	assert.Equal(t, 6, int(r.nodes[r.find(p)].Time.Sub(r.began).Milliseconds()), "on a screen")
	_, ok = r.Last("no such text")
	assert.False(t, ok)
	for _, line := range []int{-1, 0, 9} {
		_, ok = r.Number(line)
		assert.False(t, ok)
	}
}

func TestWithoutAPointItIsTheFailure(t *testing.T) {
	of := func(record []event.Event) string {
		r := New(record)
		p, ok := r.Failure()
		assert.True(t, ok)
		return r.nodes[r.find(p)].Text
	}
	assert.Equal(t, "a did not show it", of(record(t, `
1 a shown x
2 a failed a did not show it
3 a shown y`)))
	assert.Equal(t, "y", of(record(t, `
1 a shown x
2 a shown y
3 a exited`)))
	assert.Equal(t, "./a", of(record(t, "1 a started ./a")))
	_, ok := New(record(t, "")).Failure()
	assert.False(t, ok)
}

func TestScreens(t *testing.T) {
	r := New(busy(t, 100, ""))
	screens := r.Screens(r.Around([]Point{{Process: "client3", Text: "Client 1: line-50"}}, MostEvents))
	assert.Equal(t, "client3", screens[0].Process)
	assert.Equal(t, Screen{Process: "client3", Life: 1, Above: 41, Lines: screens[0].Lines, Below: 45}, screens[0])
	assert.Len(t, screens[0].Lines, linesAbove+1+linesBelow)
	assert.True(t, screens[0].Lines[linesAbove].Offence)
	assert.Equal(t, "Client 1: line-50", screens[0].Lines[linesAbove].Text)

	screens = r.Screens(r.Around([]Point{{Process: "client2", Life: 1, Text: "Client 1: nothing", Missing: true}}, MostEvents))
	last := screens[0].Lines[len(screens[0].Lines)-1]
	assert.Equal(t, Line{Text: "Client 1: nothing", Missing: true}, last)
}
