package console

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestACastSaysWhereItEnds(t *testing.T) {
	c := newCasts(t.TempDir())
	part := bytes.Repeat([]byte("x"), 1<<20)
	for range maxCast>>20 + 3 {
		c.output("client1", part)
	}
	files, err := c.files()
	require.NoError(t, err)
	content, err := os.ReadFile(files["client1.cast"])
	require.NoError(t, err)
	require.NoError(t, c.close())
	lines := bytes.Split(bytes.TrimSpace(content), []byte("\n"))
	require.Len(t, lines, 1+maxCast>>20+1, "a header, the output, and the notice")
	assert.Contains(t, string(lines[len(lines)-1]), "the recording ends here")
}
