package relay

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// Fault U9: fetch transferred a complete file again without a message.
func TestACompleteFileIsNotFetchedAgain(t *testing.T) {
	for name, size := range map[string]int{"empty": 0, "small": 100, "large": 3 * segment} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				content := noise(size, 1)
				l := newLab(t, memnet.New())
				l.lists("127.0.0.1:9") // a node that does not run
				n := l.node("a", content)
				c := l.saves(folderOf(t, "a", content))
				before, err := os.Stat(filepath.Join(c.Dir, "a"))
				require.NoError(t, err)
				asked := l.spy(n)
				require.NoError(t, c.File(t.Context(), "a"))
				for _, request := range *asked {
					require.True(t, !strings.HasPrefix(request, "GET ") || strings.HasPrefix(request, "GET 0 0 "), request)
				}
				after, err := os.Stat(filepath.Join(c.Dir, "a"))
				require.NoError(t, err)
				require.True(t, os.SameFile(before, after))
				require.Equal(t, before.ModTime(), after.ModTime())
				require.Equal(t, []string{"a"}, filesIn(t, c.Dir))
				require.Contains(t, l.log.String(), `level=INFO msg="\"a\" exists already with the same SHA-256" node=`+n.Addr())
				require.Empty(t, l.log.warnings())
			})
		})
	}
}

func TestAFileOfAnotherVersionIsReplaced(t *testing.T) {
	for name, there := range map[string]string{"other bytes": noise(1000, 2), "shorter": noise(900, 1), "longer": noise(1100, 1), "empty": ""} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				content := noise(1000, 1)
				l := newLab(t, memnet.New())
				l.node("b", "x")
				l.node("a", content)
				c := l.saves(folderOf(t, "a", there))
				require.NoError(t, c.File(t.Context(), "a"))
				require.True(t, readFile(t, c.Dir, "a") == content)
				require.NotContains(t, l.log.String(), "exists already")
				require.Contains(t, l.log.String(), "existed with other content and was replaced")
			})
		})
	}
}

// Without -o, save must not destroy a file of the working directory that happens to
// have the name of a file on a node.
func TestSaveKeepsAFileOfTheWorkingDirectory(t *testing.T) {
	l := newLab(t, nil)
	l.node("notes.txt", "of the node")
	t.Chdir(folderOf(t, "notes.txt", "my own"))
	c := l.client(nil)
	require.ErrorContains(t, c.save(t.Context(), "notes.txt"), `save "notes.txt": it exists with other content; remove it`)
	require.Equal(t, "my own", readFile(t, ".", "notes.txt"))
	require.NoError(t, os.Remove("notes.txt"))
	require.NoError(t, c.save(t.Context(), "notes.txt"))
	require.Equal(t, "of the node", readFile(t, ".", "notes.txt"))
	require.NoError(t, c.save(t.Context(), "notes.txt"), "the same content")
}

// A silent or lying node delays the check of an existing file by at most a second
// and does not change its result.
func TestACompleteFileAndFailingNodes(t *testing.T) {
	for name, test := range map[string]struct {
		reply string
		costs time.Duration
	}{
		"silence": {"", answerTime}, "no sense": {"hello\n", 0}, "no such file": {"ERR notfound no\n", 0}, "hangs up": {"ERR failed no\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				content := noise(1000, 1)
				l := newLab(t, memnet.New())
				l.rogue(func(string) (string, bool) { return test.reply, true })
				l.node("a", content)
				c := l.saves(folderOf(t, "a", content))
				began := time.Now()
				require.NoError(t, c.File(t.Context(), "a"))
				require.Equal(t, test.costs, time.Since(began))
				require.Contains(t, l.log.String(), "exists already")
			})
		})
	}
}

// Fault U2: fetch -o failed if the folder did not exist.
func TestTheFolderOfOIsCreated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "x")
		dir := filepath.Join(t.TempDir(), "downloads", "today")
		require.NoError(t, l.saves(dir).File(t.Context(), "a"))
		require.Equal(t, "x", readFile(t, dir, "a"))
	})
}
