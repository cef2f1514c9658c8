package lab

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	bench "peerlab/lab"
	"peerlab/lab/event"
	"peerlab/lab/wire"
)

// Faults act on programs of a lab, by their names, and the record says what crossed the
// network.
func TestFaultsBetweenProgramsOfALab(t *testing.T) {
	var events []event.Event
	f := play(t, func(t testing.TB) {
		l := New(t, anyFixture(t))
		w, at := l.Wire(), l.Address()
		hub := l.Start(fixture("hub", "-hub", at))
		hub.Listens(at)
		one, two := l.Start(fixture("one", "-dial", at)), l.Start(fixture("two", "-dial", at))
		one.Sees("ready ")
		two.Sees("ready ")
		require.NoError(t, w.Set("hub", "two", wire.Fault{Of: wire.Data, Hold: true}))
		one.Types("hello")
		assert.Eventually(t, func() bool { return w.Held("hub", "two") > 0 }, 10*time.Second, time.Millisecond)
		require.NoError(t, w.Heal())
		two.Sees("hello")
		assert.Eventually(t, func() bool { // the recorder writes when it is idle
			file, err := os.Open(filepath.Join(l.Folder(), bench.EventsFile))
			require.NoError(t, err)
			defer file.Close()
			events, _ = event.Read(file) // the last one may be half written
			return slices.ContainsFunc(events, func(e event.Event) bool { return e.Process == "two" && e.Text == "hello" })
		}, 10*time.Second, time.Millisecond)
	})
	require.False(t, f.failed, f.output.String())
	if f.skipped {
		t.Skip(f.output.String())
	}
	var got []string
	for _, e := range events {
		if e.Link != nil && e.Kind == event.Received {
			got = append(got, e.Link.From+" to "+e.Link.To+": "+e.Text)
		}
	}
	require.Subset(t, got, []string{"one to hub: hello", "hub to two: hello"})
}
