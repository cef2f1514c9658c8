package lines

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTooLongUntilSkipped(t *testing.T) {
	for name, in := range map[string]string{
		"its end is here":     "123456\nnext\n",
		"its end is far away": strings.Repeat("x", 5000) + "\nnext\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(strings.NewReader(in), 5)
			for range 3 {
				line, err := r.Next()
				require.ErrorIs(t, err, ErrTooLong)
				require.Nil(t, line)
			}
			n, err := r.SkipLine()
			require.NoError(t, err)
			assert.EqualValues(t, len(in)-len("next\n"), n)
			line, err := r.Next()
			require.NoError(t, err)
			assert.Equal(t, "next", string(line))
		})
	}
}

// A line is refused when its first byte too many is read, not when the next byte
// arrives.
func TestALineIsRefusedAtItsFirstByteTooMany(t *testing.T) {
	stop := errors.New("there is no more to read than was needed")
	r := NewReader(io.MultiReader(strings.NewReader("123456"), iotest.ErrReader(stop)), 5)
	_, err := r.Next()
	assert.ErrorIs(t, err, ErrTooLong)
}

func TestSkipLineTellsWhyThereIsNoEnd(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		src  io.Reader
		want error
	}{
		{strings.NewReader("1234567"), io.EOF},
		{io.MultiReader(strings.NewReader("1234567"), iotest.ErrReader(broken)), broken},
	} {
		r := NewReader(test.src, 5)
		n, err := r.SkipLine()
		assert.ErrorIs(t, err, test.want)
		assert.EqualValues(t, 7, n)
		_, err = r.Next()
		assert.ErrorIs(t, err, test.want)
	}
}

func TestASourceThatFailsMidLine(t *testing.T) {
	broken := errors.New("broken")
	r := NewReader(io.MultiReader(strings.NewReader("whole\nha"), iotest.ErrReader(broken)), 5)
	assert.Equal(t, []string{`line "whole"`, "broken"}, transcript(r))
}

func TestASourceThatReturnsNothingForEver(t *testing.T) {
	r := NewReader(readFunc(func([]byte) (int, error) { return 0, nil }), 5)
	_, err := r.Next()
	assert.ErrorIs(t, err, errStalled)
	_, err = r.SkipLine()
	assert.ErrorIs(t, err, errStalled)
}

func TestTheBufferGrowsUnderBulkAlone(t *testing.T) {
	const small, large = 5000, 200 << 10
	trickle := iotest.OneByteReader(strings.NewReader(strings.Repeat("an idle chat\n", 500)))
	bulk := strings.NewReader(strings.Repeat("a busy one\n", 50_000))
	for name, test := range map[string]struct {
		src  io.Reader
		max  int
		want int // the buffer's size in the end
	}{
		"a tiny bound takes no more":   {strings.NewReader(""), 10, 12},
		"small reads":                  {trickle, small, firstBuffer},
		"full reads":                   {bulk, small, bulkBuffer},
		"a line as long as is allowed": {strings.NewReader(strings.Repeat("x", large) + "\r\n"), large, large + 2},
		"a line without an end":        {io.LimitReader(zeros{}, 10<<20), large, large + 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(test.src, test.max)
			assert.Len(t, r.buf, min(firstBuffer, test.max+2), "at first")
			transcript(r)
			assert.Len(t, r.buf, test.want)
		})
	}
}

// A connection that was busy and has become idle costs what an idle one does, and
// a burst does not count as bulk.
func TestTheBufferIsSmallAgain(t *testing.T) {
	const small, unit = 5000, 64
	var size int // how much a read returns at most
	line := []byte(strings.Repeat("x", unit-1) + "\n")
	src := io.Reader(readFunc(func(p []byte) (int, error) { return copy(p, bytes.Repeat(line, len(p)/unit)), nil }))
	r := NewReader(readFunc(func(p []byte) (int, error) { return src.Read(p[:min(size, len(p))]) }), small)
	drain := func() {
		for r.Ready() {
			_, err := r.Next()
			require.NoError(t, err)
		}
	}
	reads := func(n, most int) {
		size = most
		for range n {
			drain()
			_, err := r.Next()
			require.NoError(t, err)
		}
	}
	reads(fullReads, bulkBuffer)
	assert.Equal(t, firstBuffer, len(r.buf), "after a burst")
	reads(10, bulkBuffer)
	assert.Equal(t, bulkBuffer, len(r.buf), "after bulk")
	reads(100, bulkBuffer/4+unit)
	assert.Equal(t, bulkBuffer, len(r.buf), "while it is used")
	reads(1+lowReads, 6<<10)
	assert.Equal(t, 12<<10, len(r.buf), "when it is used less")
	reads(100, 6<<10)
	assert.Equal(t, 12<<10, len(r.buf), "still")
	reads(1+lowReads, unit)
	assert.Equal(t, firstBuffer, len(r.buf), "when it is not")
	drain()
	r.max = 10 << 10
	src = strings.NewReader(strings.Repeat("x", r.max) + "\n")
	size = bulkBuffer
	long, err := r.Next()
	require.NoError(t, err)
	assert.Len(t, long, r.max)
	assert.Equal(t, 16<<10, len(r.buf), "for a long line")
}

// zeros is a source of NUL for ever, at next to no cost.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestAGigabyteWithoutAnEndTakesNoMemory(t *testing.T) {
	const gigabyte = 1 << 30
	r := NewReader(io.MultiReader(io.LimitReader(zeros{}, gigabyte), strings.NewReader("\nnext\n")), 4096)

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := transcript(r)
	runtime.ReadMemStats(&after)

	assert.Equal(t, []string{"skipped 1073741825", `line "next"`, "EOF"}, got)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "bytes allocated along the way")
}

func TestLinesAreReadWithoutAllocation(t *testing.T) {
	r := NewReader(forEver(bytes.Repeat([]byte("a line of ordinary length\r\n"), 10_000)), 100)
	read := func() {
		_, err := r.Next()
		require.NoError(t, err)
	}
	for len(r.buf) < bulkBuffer { // the growing, which happens once
		read()
	}
	assert.Zero(t, testing.AllocsPerRun(10_000, read))
}

// forEver returns a source of b, over and over.
func forEver(b []byte) io.Reader {
	at := 0
	return readFunc(func(p []byte) (int, error) {
		n := copy(p, b[at:])
		at = (at + n) % len(b)
		return n, nil
	})
}
