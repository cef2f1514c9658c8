package registry

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/tcp"
)

// never is what a server knows of clients that it has not met.
func never(wire.Name) (time.Time, bool) { return time.Time{}, false }

// longest returns an entry that is as long as an entry can be.
func longest(i int) (wire.Name, string) {
	return wire.Name(fmt.Sprintf("%0*d", wire.MaxID, i)), strings.Repeat("x", tcp.MaxAddr-6) + ":65535"
}

// Fault R1: what a registry has written, however much that is, it can read.
func TestCanBeReadHoweverManyCame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.txt")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("#"+strings.Repeat("x", 62)+"\n", maxComments/64)), 0o644))
	r, log := open(t, path)
	require.Equal(t, "", log)
	for i := range MaxEntries { // without a save for each
		name, addr := longest(i)
		r.lines = append(r.lines, Entry{Name: name, Addr: addr})
	}
	for i := range 20 {
		name, addr := longest(MaxEntries + i)
		require.NoError(t, r.Put(name, addr, never))
	}
	r.Close()
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(maxFile))
	r, log = open(t, path)
	require.Equal(t, "", log)
	require.Len(t, r.Entries(), MaxEntries)
}

// Fault R1: the client that has been gone for longest makes room, and none that is connected.
func TestMakesRoom(t *testing.T) {
	r, _ := open(t, filepath.Join(t.TempDir(), "clients.txt"))
	for i := range MaxEntries {
		r.lines = append(r.lines, Entry{Name: wire.Name(fmt.Sprint(i)), Addr: "127.0.0.1:6001"})
	}
	r.lines[2].comment = "# mine"
	now := time.Now()
	gone := map[wire.Name]time.Duration{"1": time.Hour, "2": 3 * time.Hour, "3": 2 * time.Hour}
	seen := func(name wire.Name) (time.Time, bool) {
		since, ok := gone[name]
		return now.Add(-since), !ok
	}
	for i, makesRoom := range []wire.Name{"2", "3", "1"} {
		name := wire.Name(fmt.Sprint("new", i))
		require.NoError(t, r.Put(name, "127.0.0.1:6002", seen))
		require.Negative(t, r.findLocked(makesRoom))
		require.Len(t, r.Entries(), MaxEntries)
		require.Equal(t, name, r.Entries()[MaxEntries-1].Name)
	}
	require.ErrorIs(t, r.Put("one too many", "127.0.0.1:6003", seen), errFull)
	require.Contains(t, string(format(r.lines)), "\n# mine\n")
	gone["5"] = 0
	require.NoError(t, r.Put("6", "127.0.0.1:7006", never), "one that is there needs no room")
	require.NoError(t, r.Put("7", "127.0.0.1:6004", seen))
}

// Put holds no lock while it asks which clients are gone: one that is recorded again meanwhile stays.
func TestKeepsAClientThatComesBackMeanwhile(t *testing.T) {
	r := New()
	for i := range MaxEntries {
		require.NoError(t, r.Put(wire.Name(fmt.Sprint(i)), "127.0.0.1:6001", never))
	}
	back := false
	seen := func(name wire.Name) (time.Time, bool) {
		switch {
		case name == "2" && !back:
			back = true
			require.NoError(t, r.Put(name, "127.0.0.1:6001", never))
			return time.Unix(1, 0), false
		case name == "3":
			return time.Unix(2, 0), false
		}
		return time.Time{}, true
	}
	require.NoError(t, r.Put("new", "127.0.0.1:6002", seen))
	require.True(t, back)
	require.Negative(t, r.findLocked("3"))
	require.GreaterOrEqual(t, r.findLocked("2"), 0)
	require.ErrorIs(t, r.Put("one too many", "127.0.0.1:6003", func(wire.Name) (time.Time, bool) { return time.Time{}, true }), errFull)
}

func TestUsesWhatFits(t *testing.T) {
	first := "1 127.0.0.1:6001\n2 127.0.0.1:6002\n"
	var clients strings.Builder
	for i := range 2 * MaxEntries {
		fmt.Fprintf(&clients, "c%d 127.0.0.1:6003\n", i)
	}
	comments := strings.Repeat("#"+strings.Repeat("x", 100_000)+"\n", 12)
	for name, test := range map[string]struct {
		text    string
		entries int
		log     []string
	}{
		"many short comments":   {first + strings.Repeat("# and so on\n", maxComments/10) + "3 127.0.0.1:6003\n", 3, []string{"line 87384: more comments", "17466 more lines"}},
		"one line, too long":    {strings.Repeat("x", maxComments+1), 0, []string{"line 1: ", "is not ID HOST:PORT"}},
		"too many clients":      {clients.String(), MaxEntries, []string{"line 1025: more clients", "1014 more lines"}},
		"too many comments":     {first + comments + "3 127.0.0.1:6003 # mine\n", 3, []string{"line 13: more comments", "line 14: more", "line 15: more"}},
		"nothing but bad lines": {strings.Repeat("x\n", 1000), 0, []string{"line 10:", "990 more lines"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "clients.txt")
			require.NoError(t, os.WriteFile(path, []byte(test.text), 0o644))
			r, log := open(t, path)
			require.Len(t, r.Entries(), test.entries)
			for _, says := range test.log {
				require.Contains(t, log, says)
			}
			require.LessOrEqual(t, strings.Count(log, "\n"), maxReported)
			kept, err := os.ReadFile(path + ".bad")
			require.NoError(t, err)
			require.True(t, test.text == string(kept), "the copy is the file")
			require.NoError(t, r.Put("9", "127.0.0.1:6009", never))
			r.Close()
			_, log = open(t, path)
			require.Equal(t, "", log)
		})
	}
}

// A file that is far too large is not a registry, and stays as it is.
func TestLeavesAHugeFileAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.txt")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	require.NoError(t, os.Truncate(path, maxFile+1))
	_, err := Open(path, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "-registry")
	require.NoFileExists(t, path+".bad")
}

// Fault R7: editors begin a file with a mark, and joined files have it in the middle.
func TestWithByteOrderMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.txt")
	require.NoError(t, os.WriteFile(path, []byte("\ufeff1 127.0.0.1:6001\r\n\ufeff# joined\n\ufeff2 127.0.0.1:6002\n"), 0o644))
	r, log := open(t, path)
	require.Equal(t, "", log)
	require.Equal(t, "1@127.0.0.1:6001 2@127.0.0.1:6002", entries(r))
	require.NoError(t, r.Put("3", "127.0.0.1:6003", never))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "1 127.0.0.1:6001\n# joined\n2 127.0.0.1:6002\n3 127.0.0.1:6003\n", string(text))
}

func TestInUTF16(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.txt")
	text := "\xff\xfe" + strings.ReplaceAll("1 127.0.0.1:6001\n2 127.0.0.1:6002\n", "", "\x00")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	r, log := open(t, path)
	require.Contains(t, log, "UTF-16; save it as UTF-8")
	require.NotContains(t, log, "\n")
	require.Empty(t, r.Entries())
	kept, err := os.ReadFile(path + ".bad")
	require.NoError(t, err)
	require.Equal(t, text, string(kept))
}
