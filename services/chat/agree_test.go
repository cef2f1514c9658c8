package chat

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// agreement is how long it may take until all survivors have shown what one has.
const agreement = 2 * time.Second

// ready clears all screens.
func ready(all ...*actor) {
	synctest.Wait()
	for _, a := range all {
		a.screen.clear()
	}
}

func TestKilledInMidBroadcast(t *testing.T) {
	for _, who := range []int{0, 1} { // the server, a client
		inTime(t, func(t *testing.T, l *lab) {
			s, c := l.five()
			all := append([]*actor{s}, c...)
			dying, first, rest := all[who], all[2], append(append([]*actor{}, all[:2]...), all[3:]...)
			rest = without(rest, dying)
			l.hold(true, between(dying, rest...))
			dying.types("last words")
			first.shows(dying.Name.Display() + ": last words")
			for _, a := range rest {
				a.shows()
			}
			start := time.Now()
			dying.kill()
			for _, a := range rest {
				a.shows(dying.Name.Display() + ": last words")
			}
			require.Less(t, time.Since(start), agreement)
			<-time.After(5 * time.Second)
			for _, a := range append(rest, first) {
				a.shows()
			}
		})
	}
}

func without(all []*actor, one *actor) (rest []*actor) {
	for _, a := range all {
		if a != one {
			rest = append(rest, a)
		}
	}
	return rest
}

func TestLongBroadcastIsCompletedByOthers(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		c[0].types("before")
		ready(append(c, s)...)
		l.hold(true, between(c[0], s, c[2], c[3], c[4]))
		var want []string
		for i := range 10_000 { // more than one answer holds, and more than the connections
			line := fmt.Sprintf("%d %0100d", i, i)
			c[0].keys <- line
			want = append(want, "Client 1: "+line)
		}
		synctest.Wait()
		require.Equal(t, want, c[1].screen.lines())
		c[0].kill()
		<-time.After(agreement)
		for _, a := range append(c[2:5:5], s) {
			require.Equal(t, len(want), len(a.screen.lines()), a.Name.Display())
			require.Equal(t, want, a.screen.lines(), a.Name.Display())
		}
	})
}

func TestPartitionHealsAlthoughSomeHaveDied(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		s.kill()
		two := func(addr string) bool { return addr == c[0].Addr || addr == c[1].Addr }
		l.part(func(from, to string) bool { return two(from) != two(to) })
		ready(c...)
		c[0].types("of the two")
		c[1].types("of the two, who dies")
		c[2].types("of the three")
		c[3].types("of the three, who dies")
		<-time.After(time.Minute)
		c[1].kill()
		c[3].kill()
		six := l.start("6", clientAddr("6"), nil, c[4].Addr)
		<-time.After(2 * time.Second)
		six.types("who came meanwhile")
		six.kill()
		c[0].shows("Client 2: of the two, who dies")
		c[4].shows("Client 3: of the three", "Client 4: of the three, who dies", "Client 6: initiated.", "Client 6: who came meanwhile")
		l.part(nil)
		<-time.After(2*lastRetry + agreement)
		c[0].shows("Client 3: of the three", "Client 4: of the three, who dies", "Client 6: who came meanwhile")
		c[4].shows("Client 1: of the two", "Client 2: of the two, who dies")
	})
}

func TestThoseWhoCannotReachEachOtherHaveOthers(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		_, c := l.five()
		l.part(between(c[0], c[3]))
		<-time.After(time.Minute)
		ready(c...)
		for i := range 20 {
			c[0].types(fmt.Sprint("over there ", i))
			<-time.After(agreement)
			c[3].shows(fmt.Sprint("Client 1: over there ", i))
			c[3].types(fmt.Sprint("over here ", i))
			<-time.After(agreement)
			c[0].shows(fmt.Sprint("Client 4: over here ", i))
		}
		l.part(nil)
		<-time.After(2 * lastRetry)
		c[0].types("at last")
		c[3].shows("Client 1: at last")
	})
}

func TestNewcomersAreNotShownWhatTheDeadHaveSaid(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		for _, a := range append(c, s) {
			a.types("long ago")
		}
		c[1].kill()
		<-time.After(time.Second)
		six := l.client("6")
		<-time.After(time.Minute)
		six.shows("Client 1: initiated.", "Client 3: initiated.", "Client 4: initiated.", "Client 5: initiated.", "Client 6: initiated.")
		two := l.client("2")
		<-time.After(time.Minute)
		two.shows("Client 1: initiated.", "Client 2: initiated.", "Client 3: initiated.", "Client 4: initiated.", "Client 5: initiated.", "Client 6: initiated.")
		six.shows("Client 2: initiated.")
	})
}

func TestOthersLinesAreBounded(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		c[4].state.Limits.Kept = 300 << 10
		c[2].types("one line")
		for i := range 10_000 {
			c[i%2].keys <- fmt.Sprintf("%0100d", i)
		}
		synctest.Wait()
		state := c[4].lock()
		kept := state.Stats().Kept
		c[4].unlock()
		require.LessOrEqual(t, kept, 300<<10)
		require.Greater(t, kept, 150<<10)
		_ = s
	})
}
