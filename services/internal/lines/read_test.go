package lines

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBytesBetweenLines(t *testing.T) {
	body := "\n\r\n\x00" + strings.Repeat("any bytes\n", 20_000)
	for chunking, chunked := range chunkings {
		t.Run(chunking, func(t *testing.T) {
			r := NewReader(chunked(strings.NewReader("FILE\r\n"+body+"END\nlast\n")), 10)
			line, err := r.Next()
			require.NoError(t, err)
			assert.Equal(t, "FILE", string(line))
			got := make([]byte, len(body))
			_, err = io.ReadFull(r, got)
			require.NoError(t, err)
			require.Equal(t, body, string(got))
			assert.Equal(t, []string{`line "END"`, `line "last"`, "EOF"}, transcript(r))
		})
	}
}

// Large reads bypass the buffer, which stays at the size for short lines.
func TestReadGoesStraightToTheSource(t *testing.T) {
	sizes := []int{}
	r := NewReader(readFunc(func(p []byte) (int, error) {
		sizes = append(sizes, len(p))
		return copy(p, "a\nbc"), nil
	}), 10)
	_, err := r.Next()
	require.NoError(t, err)
	large := make([]byte, 1<<20)
	n, err := r.Read(large)
	require.NoError(t, err)
	assert.Equal(t, "bc", string(large[:n]), "what had been read ahead")
	n, err = r.Read(large)
	require.NoError(t, err)
	assert.Equal(t, "a\nbc", string(large[:n]))
	assert.Equal(t, []int{12, len(large)}, sizes)
}

func TestReadIntoTheMiddleOfALine(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader("12345678"), strings.NewReader("9\nok\n")), 5)
	_, err := r.Next()
	require.ErrorIs(t, err, ErrTooLong)
	four := make([]byte, 4)
	_, err = io.ReadFull(r, four)
	require.NoError(t, err)
	assert.Equal(t, "1234", string(four))
	assert.Equal(t, []string{`line "56789"`, `line "ok"`, "EOF"}, transcript(r))
}

func TestReadTellsWhyThereIsNoMore(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		src  io.Reader
		want error
	}{
		{strings.NewReader("ab"), io.EOF},
		{iotest.DataErrReader(strings.NewReader("ab")), io.EOF},
		{once("ab", broken), broken},
		{io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken)), broken},
	} {
		r := NewReader(test.src, 10)
		_, err := r.Next() // which has met the error, and keeps the bytes
		require.Error(t, err)
		two := make([]byte, 2)
		_, err = io.ReadFull(r, two)
		require.NoError(t, err)
		assert.Equal(t, "ab", string(two))
		_, err = r.Read(two)
		assert.Equal(t, test.want, err)
	}
}

// once returns a source that is not to be read again once it has failed.
func once(text string, err error) io.Reader {
	failed := false
	return readFunc(func(p []byte) (int, error) {
		if failed {
			return 0, errors.New("read after its error")
		}
		failed = true
		return copy(p, text), err
	})
}
