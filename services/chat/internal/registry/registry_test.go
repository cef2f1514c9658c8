package registry

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
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
	_, err := Open(path, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorContains(t, err, path)
	first.Close()
	open(t, path)
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

	_, err = Open(dir, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorContains(t, err, "not a regular file")
}

// TestSurvivesKill kills a process that does nothing but write its
// registry, again and again, and reads what is left each time.
func TestSurvivesKill(t *testing.T) {
	path := os.Getenv("PEERLAB_TEST_REGISTRY")
	if path != "" {
		writeForEver(path)
	}
	path = filepath.Join(t.TempDir(), "clients.txt")
	for range 200 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSurvivesKill$")
		cmd.Env = append(os.Environ(), "PEERLAB_TEST_REGISTRY="+path)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		_, err = bufio.NewReader(out).ReadString('\n') // it has begun
		require.NoError(t, err)
		<-time.After(time.Duration(rand.IntN(2000)) * time.Microsecond)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // killed, as it should be

		r, log := open(t, path)
		require.Equal(t, "", log)
		all := r.Entries()
		require.Len(t, all, 50)
		for _, e := range all {
			require.Equal(t, all[0].Addr, e.Addr, "half a version")
		}
		r.Close()
	}
}

func writeForEver(path string) {
	r, err := Open(path, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		panic(err)
	}
	for n := 1; ; n++ {
		r.lines = nil
		for i := range 50 {
			r.lines = append(r.lines, line{Entry: Entry{wire.Name(fmt.Sprint(i)), fmt.Sprintf("127.0.0.1:%d", n)}})
		}
		if err := r.saveLocked(); err != nil {
			panic(err)
		}
		if n == 1 {
			fmt.Println("writing")
		}
	}
}
