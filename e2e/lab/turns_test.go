package lab

import (
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Of three turns at most three are held at a time, and with all of them held there is no other.
func TestTurns(t *testing.T) {
	dir := t.TempDir()
	var held, most, alone atomic.Int64
	var all sync.WaitGroup
	for i := range 30 {
		n := 1
		if i%10 == 5 {
			n = 3
		}
		all.Go(func() {
			release, err := takeTurns(dir, n, 3)
			if !assert.NoError(t, err) {
				return
			}
			defer release()
			now := held.Add(int64(n))
			defer held.Add(-int64(n))
			for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
			}
			if n == 3 {
				alone.Add(1)
			}
			timer := time.NewTimer(time.Millisecond)
			<-timer.C
		})
	}
	all.Wait()
	require.LessOrEqual(t, most.Load(), int64(3))
	require.Equal(t, int64(3), alone.Load())
}

// A test that needs all turns is not passed by those that come later.
func TestATestThatNeedsAllTurnsIsNotPassed(t *testing.T) {
	dir := t.TempDir()
	release, err := takeTurns(dir, 1, 2)
	require.NoError(t, err)
	order := make(chan int, 2)
	take := func(n int) {
		release, err := takeTurns(dir, n, 2)
		assert.NoError(t, err)
		order <- n
		release()
	}
	go take(2)
	gate, err := openLock(dir + "/gate")
	require.NoError(t, err)
	defer gate.Close()
	require.Eventually(t, func() bool { // until it waits at the gate
		if lockFile(gate, syscall.LOCK_NB) != nil {
			return true
		}
		_ = gate.Close()
		gate, err = openLock(dir + "/gate")
		return false
	}, 10*time.Second, time.Millisecond)
	go take(1)
	release()
	assert.Equal(t, 2, <-order)
	assert.Equal(t, 1, <-order)
}
