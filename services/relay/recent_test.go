package relay

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// fill returns a buffer of r whose first n bytes are c.
func fill(r *recent, c byte, n int) []byte {
	b := r.buffer()
	for i := range n {
		b[i] = c
	}
	return b
}

func TestRecentQueuesConsecutiveBytes(t *testing.T) {
	r := newRecent()
	r.keep(0, fill(r, 'a', 3), 3)
	gap := fill(r, 'x', 2)
	require.Same(t, &gap[0], &r.keep(5, gap, 2)[0], "bytes after a gap are not queued")
	r.keep(3, fill(r, 'b', 2), 2)
	for _, want := range []string{"aaa", "bb"} {
		got, here := r.take(100)
		require.True(t, here)
		require.Equal(t, want, string(got))
		r.free(got)
	}
	// Bytes that were not queued are read from the store; then the queue continues.
	got, here := r.take(7)
	require.False(t, here)
	require.Len(t, got, 7)
	late := fill(r, 'x', 2)
	require.Same(t, &late[0], &r.keep(5, late, 2)[0], "bytes that are read from the store are not queued")
	r.keep(12, fill(r, 'c', 1), 1)
	got, here = r.take(1)
	require.True(t, here)
	require.Equal(t, "c", string(got))
	got, here = r.take(1 << 40)
	require.False(t, here)
	require.Len(t, got, readBuffer)
}

func TestRecentWaitsForRoomOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecent()
		at := int64(0)
		for range maxRecent {
			r.keep(at, fill(r, 'a', 10), 10)
			at += 10
		}
		kept := false
		go func() {
			r.keep(at, fill(r, 'b', 10), 10)
			kept = true
		}()
		synctest.Wait()
		require.False(t, kept, "the queue is full")
		r.keep(at+10, fill(r, 'x', 10), 10) // bytes after a gap do not wait
		got, here := r.take(10)
		require.True(t, here)
		r.free(got)
		synctest.Wait()
		require.True(t, kept)
		require.Len(t, r.queue, maxRecent)
	})
}

func TestRecentDoesNotBlockAfterStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecent()
		for i := range int64(maxRecent) {
			r.keep(10*i, r.buffer(), 10)
		}
		var got []byte
		own := r.buffer()
		go func() { got = r.keep(10*maxRecent, own, 10) }()
		synctest.Wait()
		require.Nil(t, got)
		r.stop()
		synctest.Wait()
		require.Same(t, &own[0], &got[0])
	})
}

// An unreadable store shows that the verifier hashes recent bytes from memory.
func TestVerifierHashesRecentBytesFromMemory(t *testing.T) {
	content := noise(5<<20, 4)
	s := &stepper{memory: make(memory, len(content)), fails: errors.New("input/output error")}
	parts := newSpans(0, int64(len(content)))
	v := newVerifier(s, parts)
	go v.run()
	buf := v.recent.buffer()
	for at := 0; at < len(content); {
		n := copy(buf, content[at:min(len(content), at+100_000)])
		buf = v.recent.keep(int64(at), buf, n)
		parts.got(span{int64(at), int64(at + n)})
		at += n
	}
	sum, err := v.finish()
	require.NoError(t, err)
	require.Equal(t, hashed(content), sum)
}
