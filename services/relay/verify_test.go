package relay

import (
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// stepper is a memory store that records its checkpoints. ReadAt returns fails if it
// is not nil.
type stepper struct {
	memory
	steps []int64
	fails error
}

func (s *stepper) checkpoint(at int64) { s.steps = append(s.steps, at) }

func (s *stepper) ReadAt(b []byte, at int64) (int, error) {
	if s.fails != nil {
		return 0, s.fails
	}
	return s.memory.ReadAt(b, at)
}

func TestVerifierFollowsTheFrontier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := noise(900<<10, 2) // exceeds one buffer
		s := &stepper{memory: make(memory, len(content))}
		parts := newSpans(0, int64(len(content)))
		v := newVerifier(s, parts)
		var all sync.WaitGroup
		all.Go(v.run)
		put := func(from, to int64) {
			_, err := s.WriteAt([]byte(content[from:to]), from)
			require.NoError(t, err)
			parts.got(span{from, to})
			synctest.Wait()
		}
		put(1000, 500_000)
		require.Empty(t, s.steps, "the first bytes are missing")
		put(0, 1000)
		require.Equal(t, []int64{500_000}, s.steps)
		put(500_000, int64(len(content)))
		sum, err := v.finish()
		require.NoError(t, err)
		require.Equal(t, hashed(content), sum)
		all.Wait()
		again, err := v.finish()
		require.NoError(t, err)
		require.Equal(t, sum, again, "finish may be called twice")
	})
}

func TestVerifierOfAHalf(t *testing.T) {
	s := &stepper{memory: make(memory, 100)}
	parts := newSpans(0, 100)
	v := newVerifier(s, parts)
	go v.run()
	_, err := s.WriteAt([]byte("half"), 0)
	require.NoError(t, err)
	parts.got(span{0, 4})
	sum, err := v.finish()
	require.NoError(t, err)
	require.Equal(t, hashed("half"), sum, "the hash covers the bytes before the frontier")
}

func TestVerifierReturnsAnErrorOfTheDisk(t *testing.T) {
	for _, fails := range []error{errors.New("input/output error"), io.EOF} { // EOF: the file was truncated
		s := &stepper{fails: fails}
		parts := newSpans(4, 4)
		v := newVerifier(s, parts)
		go v.run()
		_, err := v.finish()
		require.ErrorIs(t, err, fails)
	}
}
