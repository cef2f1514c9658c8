package relay

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// interrupted runs a fetch into a folder that fails at a byte: the only node with the
// file is killed, and its lease is removed.
func (l *lab) interrupted(dir, name, content string, at int) {
	l.t.Helper()
	rogue := l.rogue(half(content, hashed(content), at))
	err := l.saves(dir).File(l.t.Context(), name)
	require.ErrorContains(l.t, err, fmt.Sprintf("%q: only %d of %d bytes were fetched", name, at, len(content)))
	require.Equal(l.t, []string{name + ".part", name + ".part.at"}, filesIn(l.t, dir))
	l.relay.leases.mu.Lock()
	defer l.relay.leases.mu.Unlock()
	delete(l.relay.leases.nodes, rogue)
}

func TestAHalfFetchedFileIsCompleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content, dir := noise(100_000, 30), t.TempDir()
		l := newLab(t, memnet.New())
		l.interrupted(dir, "a", content, 60_000)
		asked := l.spy(l.node("a", content))
		require.NoError(t, l.saves(dir).File(t.Context(), "a"))
		require.Equal(t, []string{"WHO", "DIGEST 60000 a", fmt.Sprintf("GET 60000 %d - a", segment)}, *asked)
		require.True(t, readFile(t, dir, "a") == content)
		require.Equal(t, []string{"a"}, filesIn(t, dir))
	})
}

// A partial file is discarded if the file has changed.
func TestAHalfFetchedFileThatHasChanged(t *testing.T) {
	content := noise(100_000, 31)
	for name, now := range map[string]string{
		"other bytes": noise(100_000, 32),
		"shorter":     content[:50_000],
		"empty":       "",
		"longer, with other bytes after the saved ones": content[:60_000] + noise(80_000, 33),
		"large": noise(inMemory+1, 34),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				l := newLab(t, memnet.New())
				l.interrupted(dir, "a", content, 60_000)
				l.node("a", now)
				require.NoError(t, l.saves(dir).File(t.Context(), "a"))
				require.True(t, readFile(t, dir, "a") == now)
				require.Equal(t, []string{"a"}, filesIn(t, dir))
				require.Empty(t, l.log.warnings())
			})
		})
	}
}

// A client keeps the bytes of a node that later accepts connections and closes them
// without an answer.
func TestANodeThatClosesKeepsThePart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content, dir := noise(100_000, 38), t.TempDir()
		l := newLab(t, memnet.New())
		serve := half(content, unknown, 60_000)
		served := false
		l.rogue(func(request string) (string, bool) {
			if served {
				return "", false
			}
			served = true
			return serve(request)
		})
		l.node("b", "x")
		require.ErrorContains(t, l.saves(dir).File(t.Context(), "a"), `"a": only 60000 of 100000 bytes were fetched`)
		require.Equal(t, 60000, markIn(t, dir, "a"))
	})
}

// A fetch that is interrupted keeps all bytes received.
func TestAFetchThatIsStoppedIsCompleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content, dir := noise(100_000, 39), t.TempDir()
		l := newLab(t, memnet.New())
		l.rogue(func(string) (string, bool) { return send0(content, unknown) + content[:70_000], true })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		require.ErrorIs(t, l.saves(dir).File(ctx, "a"), errStopped)
		require.Equal(t, 70000, markIn(t, dir, "a"))
		l.relay.leases = leases{}
		asked := l.spy(l.node("a", content))
		require.NoError(t, l.saves(dir).File(t.Context(), "a"))
		require.Equal(t, "DIGEST 70000 a", (*asked)[1])
		require.True(t, readFile(t, dir, "a") == content)
	})
}

// If no node has the file now, the partial file is kept.
func TestAHalfFetchedFileThatNoNodeHasNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content, dir := noise(100_000, 35), t.TempDir()
		l := newLab(t, memnet.New())
		l.interrupted(dir, "a", content, 60_000)
		l.node("b", "x")
		require.ErrorIs(t, l.saves(dir).File(t.Context(), "a"), errNotFound)
		require.Equal(t, 60000, markIn(t, dir, "a"))
		require.Equal(t, content[:60_000], readFile(t, dir, "a.part"))
	})
}

// A fetch may be stopped after the last byte and before it renames the part.
func TestACompletePartIsRenamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := noise(1000, 36)
		dir := folderOf(t, "a.part", content, "a.part.at", "1000")
		l := newLab(t, memnet.New())
		asked := l.spy(l.node("a", content))
		require.NoError(t, l.saves(dir).File(t.Context(), "a"))
		require.Equal(t, []string{"WHO", "DIGEST 1000 a", fmt.Sprintf("GET 1000 %d - a", segment)}, *asked)
		require.True(t, readFile(t, dir, "a") == content)
	})
}

// A client compares a part with a node's digest before it uses the part.
func TestABrokenPartIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := noise(1000, 37)
		l := newLab(t, memnet.New())
		l.node("a", content)
		for _, part := range []string{strings.Repeat("\x00", 1000), content[:999] + "x", content + "more"} {
			dir := folderOf(t, "a.part", part, "a.part.at", fmt.Sprint(len(part)))
			require.NoError(t, l.saves(dir).File(t.Context(), "a"))
			require.True(t, readFile(t, dir, "a") == content)
			require.Equal(t, []string{"a"}, filesIn(t, dir))
		}
	})
}

// A node that confirms the digest of a part and then announces a smaller file is not
// used.
func TestANodeThatAnnouncesLessThanThePart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := noise(1000, 41)
		dir := folderOf(t, "a.part", content, "a.part.at", "1000")
		l := newLab(t, memnet.New())
		l.rogue(func(request string) (string, bool) {
			if strings.HasPrefix(request, "GET ") {
				return "SEND 10 - 0\nEND " + hashed("") + "\n", true
			}
			return honest(content)(request)
		})
		asked := l.spy(l.node("a", content))
		require.NoError(t, l.saves(dir).File(t.Context(), "a"))
		require.True(t, readFile(t, dir, "a") == content)
		require.Equal(t, "DIGEST 1000 a", (*asked)[1], "the part is kept and offered to the next node")
	})
}

// The error names the obstacle, and the client requests the file from no node.
func TestAFileThatCannotBeSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		asked := l.spy(l.node("a", "x", "b", "y", "c/d", "z"))
		dir := folderOf(t, "a/x", "", "b.part", "mine", "c", "")
		c := l.saves(dir)
		require.ErrorContains(t, c.File(t.Context(), "a"), `save "a": "a" exists and is not a regular file`)
		require.ErrorContains(t, c.File(t.Context(), "b"), `save "b": "b.part" exists and was not created by fetch`)
		require.Empty(t, *asked)
		require.ErrorContains(t, c.File(t.Context(), "c/d"), `save "c/d": `)
		require.Equal(t, []string{"a/x", "b.part", "c"}, filesIn(t, dir))

		_, err := NewFetch(FetchConfig{Dir: filepath.Join(dir, "c", "folder")})
		require.ErrorContains(t, err, "not a directory")
		require.ErrorContains(t, err, "-o needs a folder")
	})
}

// killedEnv makes the test binary run a fetch that kills itself during the transfer.
// Its value is the relay's address and the folder to save in.
const killedEnv = "PEERLAB_FETCH_UNTIL_KILLED"

// fetchUntilKilled runs a fetch that kills itself with SIGKILL during the transfer.
func fetchUntilKilled(where string) {
	relay, dir, _ := strings.Cut(where, " ")
	k := &killer{left: segment + segment/2, kill: func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }}
	f, err := NewFetch(FetchConfig{
		Relay: relay, Dir: dir, Out: io.Discard, Err: io.Discard, Log: slog.New(slog.DiscardHandler),
		Progress: func(string, int64, int64) Progress { return k },
	})
	if err == nil {
		err = f.File(context.Background(), "a")
	}
	fmt.Fprintln(os.Stderr, "it was to be killed:", err)
	os.Exit(1)
}

func TestAFetchThatIsKilledIsCompleted(t *testing.T) {
	content, dir := severally(), t.TempDir()
	l := newLab(t, nil)
	n := l.node("a", content)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killedEnv+"="+l.relay.Addr()+" "+dir)
	out, err := child.CombinedOutput()
	require.ErrorContains(t, err, "killed", "%s", out)
	require.Equal(t, []string{"a.part", "a.part.at"}, filesIn(t, dir))
	mark := markIn(t, dir, "a")
	require.GreaterOrEqual(t, mark, segment/2)

	asked := l.spy(n)
	require.NoError(t, l.saves(dir).File(t.Context(), "a"))
	require.Equal(t, fmt.Sprintf("DIGEST %d a", mark), (*asked)[1])
	require.True(t, readFile(t, dir, "a") == content)
	require.Equal(t, []string{"a"}, filesIn(t, dir))
}
