package registry

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lockedfile"
)

func open(t *testing.T, path string) (*Registry, string) {
	t.Helper()
	var log recorder
	r, err := Open(path, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r, strings.Join(log.lines(), "\n")
}

func TestLoads(t *testing.T) {
	const title = "# clients\n\n"
	for name, test := range map[string]struct {
		text string
		want string // name@addr
		bad  []string
	}{
		"empty":                  {"", "", nil},
		"comments":               {title + "  # indented\n1 127.0.0.1:6001 # mine\n", "1@127.0.0.1:6001", nil},
		"CRLF and tabs":          {"1\t127.0.0.1:6001\r\n  2   [::1]:6002  \r\n", "1@127.0.0.1:6001 2@[::1]:6002", nil},
		"a last line cut":        {"1 127.0.0.1:6001\n2 127.0.0.", "1@127.0.0.1:6001", []string{"line 2"}},
		"a last line without LF": {"1 127.0.0.1:6001\n2 127.0.0.1:6002", "1@127.0.0.1:6001 2@127.0.0.1:6002", nil},
		"junk": {
			"\x00\xff\x1b[2J\n1 127.0.0.1:6001\none two three\n3 127.0.0.1\n4 127.0.0.1:70000\n../x 127.0.0.1:1\nserver 127.0.0.1:1\n5 :6005\n",
			"1@127.0.0.1:6001",
			[]string{"line 1", "line 3", "line 4", "line 5", "line 6", "line 7", "line 8"},
		},
		"the same client twice": {"1 127.0.0.1:6001\n1 127.0.0.1:7001\n", "1@127.0.0.1:7001", []string{"line 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "clients.txt")
			require.NoError(t, os.WriteFile(path, []byte(test.text), 0o644))
			r, log := open(t, path)
			require.Equal(t, test.want, entries(r))
			for _, b := range test.bad {
				require.Contains(t, log, b+":")
			}
			kept, err := os.ReadFile(path + ".bad")
			if len(test.bad) == 0 {
				require.Equal(t, "", log)
				require.ErrorIs(t, err, os.ErrNotExist)
			} else {
				require.Equal(t, test.text, string(kept))
				require.NotContains(t, log, "\x1b")
			}
		})
	}
}

func entries(r *Registry) string {
	var all []string
	for _, e := range r.Entries() {
		all = append(all, string(e.Name)+"@"+e.Addr)
	}
	return strings.Join(all, " ")
}

func TestKeepsWhatAPersonWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.txt")
	require.NoError(t, os.WriteFile(path, []byte("# my clients\n2 127.0.0.1:6002 # the loud one\n\n1 127.0.0.1:6001\n"), 0o644))
	r, _ := open(t, path)
	require.NoError(t, r.Put("2", "127.0.0.1:7002", never))
	require.NoError(t, r.Put("3", "127.0.0.1:6003", never))
	require.NoError(t, r.Remove("1"))
	require.NoError(t, r.Remove("9"))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "# my clients\n2 127.0.0.1:7002 # the loud one\n\n3 127.0.0.1:6003\n", string(text))
	require.NoError(t, r.Remove("2"))
	text, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "# my clients\n# the loud one\n\n3 127.0.0.1:6003\n", string(text))
}

func TestIsNotWrittenWithoutNeed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.txt")
	r, _ := open(t, path)
	require.NoError(t, r.Put("1", "127.0.0.1:6001", never))
	require.NoError(t, os.Remove(path))
	require.NoError(t, r.Put("1", "127.0.0.1:6001", never))
	require.NoFileExists(t, path)
}

func TestBelongsToOneServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.txt")
	first, _ := open(t, path)
	requireInUse(t, path)
	require.NoError(t, first.Put("1", "127.0.0.1:6001", never))
	requireInUse(t, path)
	first.Close()
	again, log := open(t, path)
	require.Equal(t, "", log)
	require.Equal(t, "1@127.0.0.1:6001", entries(again))
}

// requireInUse requires that no other server can open the registry, and that the error names it and the remedy.
func requireInUse(t *testing.T, path string) {
	t.Helper()
	_, err := Open(path, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, lockedfile.ErrInUse)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "-registry")
}

func TestThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	r, log := open(t, filepath.Join(dir, "clients.txt"))
	require.Contains(t, log, "cannot be written")
	require.Error(t, r.Put("1", "127.0.0.1:6001", never))
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, r.Put("1", "127.0.0.1:6001", never), "it tries again although nothing has changed")
	text, err := os.ReadFile(filepath.Join(dir, "clients.txt"))
	require.NoError(t, err)
	require.Contains(t, string(text), "1 127.0.0.1:6001\n")
}

func TestThatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o644))
	for path, want := range map[string]string{
		"/dev/null": "/dev/null is a device", dir: dir + " is a folder, not a regular file", pipe: pipe + " is a named pipe",
	} {
		_, err := Open(path, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "-registry ''")
	}
}

// Faults R2 and R3: what is in the way of a file beside the registry is named, and the registry is of use.
func TestWithSomethingInTheWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	require.NoError(t, os.WriteFile(path, []byte("1 127.0.0.1:6001\nbad\n"), 0o644))
	for _, suffix := range []string{".lock", ".tmp", ".bad"} {
		require.NoError(t, syscall.Mkfifo(path+suffix, 0o644))
	}
	r, log := open(t, path)
	require.Contains(t, log, path+".lock is a named pipe")
	require.Contains(t, log, path+".bad is a named pipe")
	require.Equal(t, "1@127.0.0.1:6001", entries(r))
	requireInUse(t, path)

	require.ErrorContains(t, r.Put("2", "127.0.0.1:6002", never), path+".tmp is a named pipe, not a regular file; move it away")
	require.NoError(t, os.Remove(path+".tmp"))
	require.NoError(t, r.Put("3", "127.0.0.1:6003", never))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "1 127.0.0.1:6001\n2 127.0.0.1:6002\n3 127.0.0.1:6003\n", string(text))
}

// Fault R5: a registry that can only be written in place is, and the log says so once.
func TestIsWrittenInPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("r", 255)) // a name that leaves no room for ".tmp" behind it
	var log recorder
	r, err := Open(path, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	defer r.Close()
	require.Empty(t, log.String())
	for _, name := range []string{"2", "3", "4"} {
		require.NoError(t, r.Put(wire.Name(name), "127.0.0.1:600"+name, never))
	}
	require.NoError(t, r.Remove("3"))
	require.Len(t, log.lines(), 1)
	require.Contains(t, log.lines()[0], "in place")
	require.Contains(t, log.lines()[0], "name too long")
	requireInUse(t, path)
	r.Close()
	again, text := open(t, path)
	require.Equal(t, "", text)
	require.Equal(t, "2@127.0.0.1:6002 4@127.0.0.1:6004", entries(again))
}
