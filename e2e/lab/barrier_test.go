package lab

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// hubAndMembers is a small chat: the lines of each member show at all others.
func hubAndMembers(t testing.TB, members int) (*Lab, []*Process) {
	l := New(t, anyFixture(t))
	address := l.Address()
	hub := l.Start(fixture("hub", "-hub", address))
	hub.Listens(address)
	specs := make([]Spec, members)
	for i := range specs {
		specs[i] = fixture(fmt.Sprintf("member%d", i+1), "-dial", address)
	}
	all := append([]*Process{hub}, l.StartAll(specs...)...)
	for _, p := range all {
		p.Sees("ready ")
	}
	return l, all
}

func TestABarrierTellsWhatIsAbsent(t *testing.T) {
	l, all := hubAndMembers(t, 3)
	f := l.Among(all...)
	f.Exactly("ready ")
	l.Mark()
	all[1].Types("hello")
	all[1].Types("again")
	all[2].Types("other")
	f = l.Among(all...)
	f.Except(all[1]).Once("hello", "again")
	f.On(all[1]).Never("hello", "again")
	f.On(all[1]).Once("other")
	f.On(all[0], all[3]).Exactly("other", "hello", "again")
	f.Nothing("ready")
	f.On(all[0]).Sequence("hel", []string{"lo"})
}

func TestABarrierFindsWhatIsWrong(t *testing.T) {
	ask := func(name, want string, wrong func(f *Barrier, all []*Process)) {
		t.Run(name, func(t *testing.T) {
			out := watch(t, func(t testing.TB) {
				l, all := hubAndMembers(t, 2)
				l.Mark()
				all[1].Types("a1")
				all[1].Types("a2")
				wrong(l.Among(all...).On(all[2]), all)
			})
			assert.Contains(t, out, want)
		})
	}
	ask("never", `member2 shows "a1" once, expected not at all, since `, func(f *Barrier, _ []*Process) { f.Never("a1") })
	ask("once", `shows "a3" not at all, expected once`, func(f *Barrier, _ []*Process) { f.Once("a1", "a3") })
	ask("exactly", "missing: \"a3\"; not expected: \"a1\", \"a2\"\n", func(f *Barrier, _ []*Process) { f.Exactly("a3") })
	ask("order", "in another order than they were typed: line 1 is\n          a1\nexpected: a2", func(f *Barrier, _ []*Process) { f.Sequence("a", []string{"2", "1"}) })
	ask("too few", `shows 2 lines that begin with "a", expected 3: the first that is missing is "a3"`, func(f *Barrier, _ []*Process) { f.Sequence("a", []string{"1", "2", "3"}) })
	ask("too many", `shows a line more that begins with "a" than the 1 that were typed: "a2"`, func(f *Barrier, _ []*Process) { f.Sequence("a", []string{"1"}) })
	ask("text", `shows "a2", expected no line with "a2" in it`, func(f *Barrier, _ []*Process) { f.Nothing("a2") })
}

func TestDifference(t *testing.T) {
	missing, extra := difference([]string{"a", "b", "b", "c"}, []string{"b", "a", "a", "d"})
	assert.Equal(t, []string{"b", "c"}, missing)
	assert.ElementsMatch(t, []string{"a", "d"}, extra)
}
