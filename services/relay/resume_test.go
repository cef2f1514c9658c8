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

// interrupted makes a fetch into a folder fail in the middle: the only node that
// has the file dies, and is gone afterwards.
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
func TestAHalfFetchedFileThatHasChangedMeanwhile(t *testing.T) {
	content := noise(100_000, 31)
	for name, now := range map[string]string{
		"other bytes": noise(100_000, 32),
		"shorter":     content[:50_000],
		"empty":       "",
		"longer, and other bytes behind what is there": content[:60_000] + noise(80_000, 33),
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

// The node that dies takes calls for a while and hangs up: that is no reason to
// drop what it has given.
func TestANodeThatHangsUpTakesNothingAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content, dir := noise(100_000, 38), t.TempDir()
		l := newLab(t, memnet.New())
		gives := half(content, unknown, 60_000)
		gave := false
		l.rogue(func(request string) (string, bool) {
			if gave {
				return "", false
			}
			gave = true
			return gives(request)
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

// An earlier attempt may have been stopped just before the file got its name.
func TestAFileThatIsWholeAndHasNotItsName(t *testing.T) {
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

// A part that is broken, whatever its mark says, is compared before it counts.
func TestAPartIsNotBelieved(t *testing.T) {
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

// A node that agrees on what is here and then speaks of less has another file, or
// makes it up.
func TestANodeThatHasLessThanIsHere(t *testing.T) {
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
		require.Equal(t, "DIGEST 1000 a", (*asked)[1], "what is here is still worth something")
	})
}

// The error names the obstacle, and no node is asked for the file.
func TestAFileThatCanNotBeSaved(t *testing.T) {
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

// killedEnv makes the test binary a fetch that is killed in the middle; its
// value is the relay's address and the folder to save in.
const killedEnv = "PEERLAB_FETCH_UNTIL_KILLED"

// fetchUntilKilled is the process that is killed -9 once so much has come.
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
