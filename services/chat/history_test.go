package chat

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLinesThatAreGoneAreCounted(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		c[4].state.Limits.Typed = 100 << 10
		away := func(from, to string) bool { return from == c[4].Addr || to == c[4].Addr }
		l.net.Filter(func(from, to string) error {
			if away(from, to) {
				return errors.New("network down")
			}
			return nil
		})
		l.breaks(away)
		for i := range 2000 {
			c[4].types(fmt.Sprintf("%d %0100d", i, i))
		}
		s.shows()
		l.net.Filter(nil)
		<-time.After(2 * lastRetry)
		kept := len(s.screen.lines()) - 1
		require.Less(t, kept, 2000)
		require.Greater(t, kept, 200)
		want := append([]string{fmt.Sprintf("* Client 5: %d lines lost", 2000-kept)}, texts("Client 5", 2000)[2000-kept:]...)
		require.Equal(t, want, s.screen.lines())
		require.Equal(t, want, c[0].screen.lines())
	})
}

func TestInputFasterThanTheLinksIsHeldBack(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		c[4].state.Limits.Typed = 300 << 10
		for i := range 20000 {
			c[4].keys <- fmt.Sprintf("%d %0100d", i, i)
		}
		synctest.Wait()
		want := texts("Client 5", 20000)
		for _, a := range append(c[:4:4], s) {
			require.Equal(t, len(want), len(a.screen.lines()), a.Name.Display())
			require.True(t, slices.Equal(want, a.screen.lines()), a.Name.Display())
		}
	})
}

func texts(who string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s: %d %0100d", who, i, i))
	}
	return all
}
