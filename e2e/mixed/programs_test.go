package mixed

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// The programs in e2e/foreign are written in other languages, from
// docs/protocol.md or after the assignments' own, and run beside ours: always as
// processes of this machine, whatever ours run in.

// foreign returns the setting with which the lab runs a program of e2e/foreign on
// pipes. Where its language is not installed the test is left out.
func foreign(t *testing.T, file string) string {
	t.Helper()
	return "cmd+pipe:" + foreignCommand(t, file)
}

// foreignCommand returns the words that start a program of e2e/foreign.
func foreignCommand(t *testing.T, file string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "foreign", file))
	require.NoError(t, err)
	switch filepath.Ext(file) {
	case ".py":
		lab.Needs(t, "python3")
		return "python3 '" + path + "'"
	case ".c":
		lab.Needs(t, "gcc")
		return "'" + compiled(t, path) + "'"
	}
	require.Fail(t, "no language for "+file)
	return ""
}

// compiled returns the program of a source in C: that of an earlier run if
// nothing has changed since.
func compiled(t *testing.T, source string) string {
	t.Helper()
	flags := filepath.Join("..", "foreign", "cflags")
	headers, err := filepath.Glob(filepath.Join(filepath.Dir(source), "*.h"))
	require.NoError(t, err)
	hash := sha256.New()
	for _, path := range append(headers, flags, source) {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		_, _ = hash.Write(content)
	}
	name := strings.TrimSuffix(filepath.Base(source), ".c")
	dir, err := filepath.Abs(filepath.Join("..", "..", "bin", "foreign"))
	require.NoError(t, err)
	path := filepath.Join(dir, fmt.Sprintf("%s-%x", name, hash.Sum(nil)[:8]))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	require.NoError(t, os.MkdirAll(dir, 0o755))
	made, err := os.CreateTemp(dir, "new-") // and renamed: another test may be about to run it
	require.NoError(t, err)
	require.NoError(t, made.Close())
	out, err := exec.Command("gcc", "@"+flags, "-o", made.Name(), source).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, os.Rename(made.Name(), path))
	return path
}
