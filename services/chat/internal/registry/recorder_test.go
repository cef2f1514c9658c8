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
// lines.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "1 127.0.0.1:6001\n", "# a\n\n 2\t[::1]:6002 # b\r\n1 x:1", "1 a:1\n1 b:1\n", "\xff\x00\nserver a:1\n", "1 a:1#\n#\r\n", "\ufeff1 a:1\n\ufeff#\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		read := parse(text, func(string) {})
		written := format(read)
		again := parse(written, func(why string) { t.Errorf("%q, of %q: %s", written, text, why) })
		require.Equal(t, read, again)
		require.Equal(t, string(written), string(format(again)))
	})
}
