package screen

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gate is a writer that takes a write each time that it is let, and fails with err.
type gate struct {
	bytes.Buffer
	let chan struct{}
	err error
}

func (g *gate) Write(b []byte) (int, error) {
	<-g.let
	if g.err != nil {
		return 0, g.err
	}
	return g.Buffer.Write(b)
}

func never(err error) { panic(err) }

func TestLinesInTheOrderOfTheCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Flush gives up after a second of the fake clock
		var shown bytes.Buffer
		s := New(&shown, never)
		var want strings.Builder
		for i := range 10_000 {
			line := fmt.Sprint("line ", i)
			s.Show(line)
			want.WriteString(line + "\n")
		}
		require.NoError(t, s.Flush())
		assert.Equal(t, want.String(), shown.String())
		assert.NoError(t, s.Flush(), "with nothing to wait for")
	})
}

func TestWhatTheWriterDoesNotTakeIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{let: make(chan struct{})}
		s := New(g, never)
		line := strings.Repeat("x", 99)
		s.Show("first")
		synctest.Wait()
		kept := maxWaiting/100 + 1
		for range kept + 7 {
			s.Show(line)
		}
		close(g.let)
		require.NoError(t, s.Flush())
		all := strings.Split(g.String(), "\n")
		assert.Equal(t, "first", all[0])
		assert.Equal(t, line, all[kept])
		assert.Equal(t, []string{"(7 lines not shown)", ""}, all[kept+1:])
		s.Show("again")
		require.NoError(t, s.Flush())
		assert.True(t, strings.HasSuffix(g.String(), ")\nagain\n"))
	})
}

func TestFlushGivesUpAfterASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{let: make(chan struct{})}
		s := New(g, never)
		s.Show("hello")
		began := time.Now()
		require.NoError(t, s.Flush())
		assert.Equal(t, flushTimeout, time.Since(began))
		close(g.let)
		require.NoError(t, s.Flush())
		assert.Equal(t, "hello\n", g.String())
	})
}

func TestAWriterThatFailsIsToldOfOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("no space left")
		g := &gate{let: make(chan struct{}), err: full}
		var told []error
		s := New(g, func(err error) { told = append(told, err) })
		s.Show("one")
		synctest.Wait()
		s.Show("two")
		close(g.let)
		require.ErrorIs(t, s.Flush(), full)
		s.Show("three")
		require.ErrorIs(t, s.Flush(), full)
		assert.Equal(t, []error{full}, told)
	})
}
