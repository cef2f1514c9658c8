package event

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestARecordIsReadAsItWasWritten(t *testing.T) {
	at := time.Date(2026, 11, 29, 1, 2, 3, 4000, time.UTC)
	events := []Event{
		{Time: at, Kind: Started, Process: "client1", Life: 1, Text: "client 1 5001 6001"},
		{Time: at, Kind: Sent, Link: &Link{From: "client1", To: "server", Connection: 1, Offset: 12}, Text: "a <b> & \"c\"", Bytes: 12},
		{Time: at, Kind: Shown, Process: "server", Life: 2, Text: "Client 1: grüße, 世界"},
	}
	var file bytes.Buffer
	r := NewRecorder(&file)
	for _, e := range events {
		r.Add(e)
	}
	require.NoError(t, r.Close())
	r.Add(events[0]) // too late
	require.Equal(t, len(events)+1, strings.Count(file.String(), "\n"))
	require.Contains(t, file.String(), `"link":{"from":"client1","to":"server","connection":1,"offset":12},"text":"a <b> & \"c\"","bytes":12}`)
	got, err := Read(&file)
	require.NoError(t, err)
	require.Equal(t, Run, got[0].Kind)
	require.Equal(t, Version, got[0].Version)
	require.Equal(t, events, got[1:])
}

func TestALongTextIsCutBetweenCharacters(t *testing.T) {
	var file bytes.Buffer
	r := NewRecorder(&file)
	r.Add(Event{Kind: Typed, Text: strings.Repeat("x", MaxText-1) + "世界"})
	require.NoError(t, r.Close())
	got, err := Read(&file)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("x", MaxText-1), got[1].Text)
	require.Equal(t, MaxText-1+6, got[1].Bytes)
}

// stuck is a writer that takes nothing before it is freed.
type stuck struct {
	free chan struct{}
	io.Writer
}

func (s stuck) Write(b []byte) (int, error) {
	<-s.free
	return s.Writer.Write(b)
}

func TestAFullRecorderDropsAndCounts(t *testing.T) {
	var file bytes.Buffer
	w := stuck{make(chan struct{}), &file}
	r := NewRecorder(w)
	const added = maxWaiting/10 + 10_000 // an event is longer than 10 bytes
	for range added {
		r.Add(Event{Kind: Shown, Text: "line"})
	}
	close(w.free)
	require.NoError(t, r.Close())
	got, err := Read(&file)
	require.NoError(t, err)
	shown, lost := 0, 0
	for _, e := range got {
		switch e.Kind {
		case Shown:
			shown++
		case Lost:
			lost += e.Bytes
		}
	}
	require.Equal(t, added, shown+lost)
	require.Positive(t, lost)
}

func TestFlushWaitsForTheWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var file bytes.Buffer
		w := stuck{make(chan struct{}), &file}
		r := NewRecorder(w)
		r.Add(Event{Kind: Shown, Text: "one"})
		synctest.Wait() // the writer is stuck with the first of both, or with both
		r.Add(Event{Kind: Shown, Text: "two"})
		flushed := make(chan string, 1)
		go func() {
			r.Flush()
			flushed <- file.String()
		}()
		synctest.Wait()
		require.Empty(t, flushed)
		close(w.free)
		synctest.Wait()
		require.Contains(t, <-flushed, "two")
		r.Flush()
		require.NoError(t, r.Close())
		r.Flush()
	})
}

func TestTheFirstErrorOfTheWriterIsReturned(t *testing.T) {
	full := errors.New("no space left on device")
	in, out := io.Pipe()
	in.CloseWithError(full)
	r := NewRecorder(out)
	r.Add(Event{Kind: Typed, Text: "line"})
	require.ErrorIs(t, r.Close(), full)
}
