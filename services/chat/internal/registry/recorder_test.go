package registry

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorder records a log, line by line.
type recorder struct{ bytes.Buffer }

func (r *recorder) lines() []string {
	return strings.Split(strings.TrimSuffix(r.String(), "\n"), "\n")
}

// FuzzParse: any file can be read, and a file that was written is read as the same
// entries.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "1 127.0.0.1:6001\n", "# a\n\n 2\t[::1]:6002 # b\r\n1 x:1", "1 a:1\n1 b:1\n", "\xff\x00\nserver a:1\n", "1 a:1#\n#\r\n", "\ufeff1 a:1\n\ufeff#\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r, again Registry
		r.parse(text)
		written := r.textLocked()
		require.Empty(t, again.parse(written), "%q, of %q", written, text)
		require.Equal(t, r.Entries(), again.Entries())
		require.Equal(t, string(written), string(again.textLocked()))
	})
}
