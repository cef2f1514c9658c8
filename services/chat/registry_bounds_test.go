package chat

import (
	"errors"
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
)

// never is what a server knows of clients that it has not met.
func never(wire.Name) (time.Time, bool) { return time.Time{}, false }

// longest returns an entry that is as long as an entry can be.
func longest(i int) (wire.Name, string) {
	return wire.Name(fmt.Sprintf("%0*d", wire.MaxID, i)), strings.Repeat("x", wire.MaxAddr-6) + ":65535"
}

// Fault R1: what a registry has written, however much that is, it can read.
func TestRegistryCanBeReadHoweverManyCame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.txt")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("#"+strings.Repeat("x", 62)+"\n", maxComments/64)), 0o644))
	r, log := open(t, path)
	require.Equal(t, "", log)
	for i := range maxEntries { // without a save for each
		name, addr := longest(i)
		r.lines = append(r.lines, registryLine{Entry: Entry{name, addr}})
	}
	for i := range 20 {
		name, addr := longest(maxEntries + i)
		require.NoError(t, r.Put(name, addr, never))
	}
	r.Close()
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(maxRegistry))
	r, log = open(t, path)
	require.Equal(t, "", log)
	require.Len(t, r.Entries(), maxEntries)
}

// Fault R1: the client that has been gone for longest makes room, and none that is connected.
func TestRegistryMakesRoom(t *testing.T) {
	r, _ := open(t, filepath.Join(t.TempDir(), "clients.txt"))
	for i := range maxEntries {
		r.lines = append(r.lines, registryLine{Entry: Entry{wire.Name(fmt.Sprint(i)), "127.0.0.1:6001"}})
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
		require.Len(t, r.Entries(), maxEntries)
		require.Equal(t, name, r.Entries()[maxEntries-1].Name)
	}
	require.ErrorIs(t, r.Put("one too many", "127.0.0.1:6003", seen), errRegistryFull)
	require.Contains(t, string(r.textLocked()), "\n# mine\n")
	gone["5"] = 0
	require.NoError(t, r.Put("6", "127.0.0.1:7006", never), "one that is there needs no room")
	require.NoError(t, r.Put("7", "127.0.0.1:6004", seen))
}

func TestRegistryUsesWhatFits(t *testing.T) {
	first := "1 127.0.0.1:6001\n2 127.0.0.1:6002\n"
	var clients strings.Builder
	for i := range 2 * maxEntries {
		fmt.Fprintf(&clients, "c%d 127.0.0.1:6003\n", i)
	}
	comments := strings.Repeat("#"+strings.Repeat("x", 100_000)+"\n", 10)
	for name, test := range map[string]struct {
		text    string
		entries int
		log     []string
	}{
		"too large":             {first + strings.Repeat("# and so on\n", maxRegistry/10) + "3 127.0.0.1:6003\n", 2, []string{"1258335 bytes", "first 1048570 are used"}},
		"one line, too long":    {strings.Repeat("x", maxRegistry+1), 0, []string{"1048577 bytes", "first 0 are used"}},
		"too many clients":      {clients.String(), maxEntries, []string{"line 1025: more clients", "1014 more lines"}},
		"too many comments":     {first + comments + "3 127.0.0.1:6003 # mine\n", 3, []string{"line 11: more comments", "line 12: more", "line 13: more"}},
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
func TestRegistryLeavesAHugeFileAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.txt")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	require.NoError(t, os.Truncate(path, maxAside+1))
	_, err := OpenRegistry(path, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "-registry")
	require.NoFileExists(t, path+".bad")
}

// Fault R7: editors begin a file with a mark, and joined files have it in the middle.
func TestRegistryWithByteOrderMarks(t *testing.T) {
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

func TestRegistryInUTF16(t *testing.T) {
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

// Fault R1: strangers who come and go by the thousand do not push out a client that is connected.
func TestAFullRegistryKeepsWhoIsConnected(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s := l.start(wire.Server, serverAddr, func(m *member) {
			m.registry = &Registry{file: &registryFile{path: "/dev/null/none"}}
		})
		l.client("1")
		for i := range maxEntries - 2 {
			s.registry.lines = append(s.registry.lines, registryLine{Entry: Entry{wire.Name(fmt.Sprint("old", i)), "127.0.0.1:9"}})
		}
		for i := range 10 {
			conn, _ := l.stranger(serverAddr, fmt.Sprintf("HELLO peerlab-chat/1 x%d 2000 127.0.0.1:9 new 0", i))
			conn.Close()
			<-time.After(time.Second)
		}
		all := entries(s.registry)
		require.Len(t, s.registry.Entries(), maxEntries)
		require.Contains(t, all, "1@"+clientAddr("1"))
		require.NotContains(t, all, "old8@", "nine had to make room, those who were never connected first")
		require.Contains(t, all, "old9@")
		require.Contains(t, all, "x0@")
	})
}

// On a full disk each of 800 newcomers brought the same warning.
func TestAFailingRegistryIsReportedOnce(t *testing.T) {
	var log recorder
	m := newMember(config{Name: wire.Server, Screen: io.Discard, Log: slog.New(slog.NewTextHandler(&log, nil))})
	full := errors.New("no space left on device")
	for _, err := range []error{nil, full, full, full, nil, nil, full} {
		m.recorded(err)
	}
	var levels []string
	for _, line := range log.lines() {
		levels = append(levels, strings.Fields(line)[1])
	}
	require.Equal(t, []string{"level=WARN", "level=INFO", "level=WARN"}, levels)
}
