package relay

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
)

// The folder opens a name that passes CheckName only inside the folder, never the
// target of a link to a file outside. A file is saved inside the folder as well.
func FuzzCheckName(f *testing.F) {
	for _, name := range []string{"a", "out/secret", "absolute", "inside", "a/../../x", "/etc/passwd", "x\x00", `\`, "ä", "\u202e", strings.Repeat("n", 255)} {
		f.Add(name)
	}
	top := f.TempDir()
	dir, outside := filepath.Join(top, "dir"), filepath.Join(top, "outside")
	write(f, filepath.Join(dir, "a"), "inside")
	write(f, filepath.Join(dir, "b", "c"), "inside")
	write(f, filepath.Join(outside, "secret"), "secret")
	require.NoError(f, os.Symlink(outside, filepath.Join(dir, "out")))
	require.NoError(f, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "absolute")))
	require.NoError(f, os.Symlink("../outside/secret", filepath.Join(dir, "relative")))
	require.NoError(f, os.Symlink("a", filepath.Join(dir, "inside")))
	served, err := openFolder(dir)
	require.NoError(f, err)
	f.Cleanup(served.close)
	f.Fuzz(func(t *testing.T, name string) {
		if err := CheckName(name); err != nil {
			if !lines.Clean([]byte(err.Error())) {
				t.Fatalf("%q: the error can't be shown: %q", name, err)
			}
			if _, _, err := served.open(name); !lines.IsRefusal(err, "name") {
				t.Fatalf("%q is invalid, but open returns %v", name, err)
			}
			return
		}
		if !filepath.IsLocal(name) || strings.ContainsAny(name, "\n\r\x00") || len("GET 9223372036854775807 9223372036854775807  "+hashed("")+name) > maxLine {
			t.Fatalf("%q", name)
		}
		file, _, err := served.open(name)
		if err == nil {
			defer file.Close()
			if content, _ := io.ReadAll(file); string(content) != "inside" {
				t.Fatalf("%q is %q", name, content)
			}
		} else if !lines.IsRefusal(err, "notfound") {
			t.Fatalf("%q: %v", name, err)
		}
		if err := CheckName(partOf(name)); err != nil {
			t.Fatalf("the part of %q: %v", name, err)
		}
		saveIn(t, name)
	})
}

// saveIn saves a file under the name, unless the file system refuses it as too long.
func saveIn(t *testing.T, name string) {
	t.Helper()
	into := t.TempDir()
	root := rootOf(t, into)
	s, err := newSaved(root, name)
	if errors.Is(err, syscall.ENAMETOOLONG) {
		return
	}
	if err == nil {
		err = s.keep(0)
		s.drop(false)
	}
	if err != nil {
		t.Fatalf("%q can't be saved: %v", name, err)
	}
	if _, err := os.Lstat(filepath.Join(into, name)); err != nil {
		t.Fatalf("%q: %v", name, err)
	}
	if left := filesIn(t, into); len(left) != 1 {
		t.Fatalf("%q leaves %q", name, left)
	}
}

// For any line received, answer returns either the expected number of fields,
// without a line end, or an error that is safe to print.
func FuzzAnswer(f *testing.F) {
	for _, received := range []string{"OK\n", "SEND 1 - 1\n", "ERR notfound x\n", "ERR \x1b\n", "FILE 1 - a b\n", "\n", "SEND", "\r\n", strings.Repeat("x", 5000)} {
		f.Add([]byte(received), uint8(3))
	}
	f.Fuzz(func(t *testing.T, received []byte, n uint8) {
		fields := int(n % 8)
		in := lines.NewReader(strings.NewReader(string(received)), maxLine)
		line, err := readLine(in)
		if err == nil {
			verb := []string{"OK", "NODE", "SEND", "FILE"}[n%4]
			var got []string
			if got, err = answer(line, verb, fields); err == nil {
				if len(got) != fields || strings.Join(append([]string{verb}, got...), " ") != line || strings.Contains(line, "\n") {
					t.Fatalf("%q has the fields %q", line, got)
				}
			}
		}
		var r *lines.Refusal
		if errors.As(err, &r) && (!lines.Clean([]byte(r.Error())) || len(r.Error()) > 4*maxLine+10) {
			t.Fatalf("%q can't be shown", r)
		}
	})
}
