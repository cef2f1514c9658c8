package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pasting simulates a user who pastes lines and a program that may read them.
type pasting struct {
	t       *testing.T
	edited  edited
	typed   *typed
	hangups atomic.Int64
	lost    []int
}

// edited are lines as a session returns them. Closing it ends them, as Ctrl-C does.
type edited chan string

func (e edited) ReadLine() (string, error) {
	line, ok := <-e
	if !ok {
		return "", io.EOF
	}
	return line, nil
}

// inTime runs a test of one within a bubble.
func inTime(t *testing.T, f func(t *testing.T, p *pasting)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &pasting{t: t, edited: make(edited)}
		p.typed = newTyped(&Console{
			Hangup: func() { p.hangups.Add(1) }, Lost: func(lines int) { p.lost = append(p.lost, lines) },
		}, p.edited, testRoom)
		p.typed.begin.Do(func() { go p.typed.read() }) // as the first Next does
		f(t, p)
	})
}

// pastes pastes numbered lines of 100 bytes, as fast as the terminal takes them.
func (p *pasting) pastes(from, to int) {
	for i := from; i < to; i++ {
		p.edited <- line(i)
	}
	synctest.Wait()
}

func line(i int) string { return fmt.Sprintf("%08d", i) + strings.Repeat("x", 100-lineOverhead-8) }

// takes reads these lines as the program.
func (p *pasting) takes(from, to int) {
	p.t.Helper()
	for i := from; i < to; i++ {
		got, err := p.typed.Next()
		require.NoError(p.t, err)
		require.Equal(p.t, line(i), string(got))
	}
}

const (
	testRoom = 1 << 20
	full     = testRoom/100 + 1 // lines that fill it
)

// A program that is blocked elsewhere learns within a second that its user has left,
// and nothing is lost if it continues to read.
func TestCtrlCIsHeardBehindLinesThatAreNotTaken(t *testing.T) {
	inTime(t, func(t *testing.T, p *pasting) {
		began := time.Now()
		p.pastes(0, full)
		close(p.edited)
		<-time.After(leavePatience - time.Nanosecond)
		synctest.Wait()
		require.Zero(t, p.hangups.Load())
		<-time.After(time.Nanosecond)
		synctest.Wait()
		require.EqualValues(t, 1, p.hangups.Load())
		require.Equal(t, leavePatience, time.Since(began))
		p.takes(0, full)
		_, err := p.typed.Next()
		require.ErrorIs(t, err, ErrHangup)
		require.Empty(t, p.lost)
	})
}

// Lines that exceed the queue are dropped, and the user is warned.
func TestCtrlCIsHeardBehindMoreThanThereIsRoomFor(t *testing.T) {
	inTime(t, func(t *testing.T, p *pasting) {
		began := time.Now()
		p.pastes(0, 5*full)
		require.Equal(t, takePatience, time.Since(began), "it was waited for once")
		require.Equal(t, []int{0}, p.lost)
		close(p.edited)
		synctest.Wait()
		require.EqualValues(t, 1, p.hangups.Load())
		require.Equal(t, takePatience, time.Since(began), "and not again")
		require.LessOrEqual(t, p.typed.size, testRoom+100)
	})
}

func TestAProgramThatTakesLinesAgain(t *testing.T) {
	inTime(t, func(t *testing.T, p *pasting) {
		p.pastes(0, full+10)
		p.takes(0, full)
		p.pastes(full+10, full+11)
		synctest.Wait()
		require.Equal(t, []int{0, 10}, p.lost)
		p.takes(full+10, full+11)
		close(p.edited)
		_, err := p.typed.Next()
		require.ErrorIs(t, err, ErrHangup)
		<-time.After(leavePatience)
		synctest.Wait()
		require.Zero(t, p.hangups.Load(), "Next has told it")
	})
}

// A program that reads lines slowly delays the paste, and loses nothing.
func TestAProgramThatIsSlowLosesNothing(t *testing.T) {
	inTime(t, func(t *testing.T, p *pasting) {
		const slow = 50
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.pastes(0, full+slow)
			close(p.edited)
		}()
		for i := range slow {
			p.takes(i, i+1)
			<-time.After(takePatience - time.Nanosecond)
		}
		p.takes(slow, full+slow)
		_, err := p.typed.Next()
		require.ErrorIs(t, err, ErrHangup)
		<-done
		require.Empty(t, p.lost)
	})
}

func TestEmptyLinesTakeRoomToo(t *testing.T) {
	inTime(t, func(t *testing.T, p *pasting) {
		for range 4 * testRoom / lineOverhead {
			p.edited <- ""
		}
		synctest.Wait()
		assert.Equal(t, []int{0}, p.lost)
		assert.LessOrEqual(t, len(p.typed.waiting), testRoom/lineOverhead+1)
		close(p.edited)
	})
}
