package chat

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheInputWaitsForALinkThatWrites(t *testing.T) {
	m := benchMember()
	m.state.Limits.Typed = 1000 << 10
	l := linkOf(m, "2")
	typed := uint64(0)
	says := func(lines int) {
		for range lines {
			m.state.Say([]byte(strings.Repeat("x", 10<<10)))
			typed++
		}
	}
	now := time.Now()
	outrun := func(after time.Duration, writes bool) bool {
		now = now.Add(after)
		if writes {
			l.moved = now
		}
		return m.outrun(now)
	}
	catchUp := func() {
		l.sent = typed
		require.False(t, outrun(0, true))
	}
	const moment = 10 * time.Millisecond

	says(45)
	require.False(t, outrun(0, true), "it is behind by less than half the log")
	says(10)
	require.True(t, outrun(0, true))
	l.sent = 20
	require.True(t, outrun(paceHold-moment, true), "it is still behind by more than a quarter")
	require.False(t, outrun(2*moment, true), "for longer than paceHold")
	says(10)
	require.False(t, outrun(moment, true), "again, without having caught up")
	catchUp()

	says(55)
	require.True(t, outrun(0, true))
	require.True(t, outrun(paceStuck, false))
	require.False(t, outrun(moment, false), "it has written nothing for longer than paceStuck")
	require.False(t, outrun(moment, true), "again, without having caught up")
	catchUp()

	says(45)
	require.False(t, outrun(2*paceStuck, false))
	says(10)
	require.True(t, outrun(0, true), "it was not waited for while it was stuck")
}
