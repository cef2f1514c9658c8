package relay

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/memnet"
)

// offers returns the names that a folder lists, and the reason for each file that it
// skips.
func offers(t *testing.T, dir, after string) (names []string, why map[string]string) {
	t.Helper()
	f, err := openFolder(dir)
	require.NoError(t, err)
	defer f.close()
	why = map[string]string{}
	require.NoError(t, f.list(after, func(name string, _ version) { names = append(names, name) },
		func(name string, err error) { why[name] = err.Error() }))
	return names, why
}

// Fault F5: list and fetch used different rules.
func TestAFileIsListedIfAndOnlyIfItCanBeFetched(t *testing.T) {
	dir := manyFolders(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "folder", "deep"), 0o755))
	write(t, filepath.Join(dir, "folder", "deep", "file"), "x")
	for link, to := range map[string]string{"to-file": "folder/deep/file", "to-folder": "folder", "folder/up": "..", "folder/deep/link": "../../good"} {
		require.NoError(t, os.Symlink(to, filepath.Join(dir, link)))
	}
	names, why := offers(t, dir, "")
	require.Subset(t, names, []string{"inside", "to-file", "folder/deep/file", "folder/deep/link"})
	f, err := openFolder(dir)
	require.NoError(t, err)
	defer f.close()
	for _, name := range append([]string{
		"to-folder/deep/file", "to-folder/deep/link", "folder/up/good", "folder/up/folder/deep/file", "to-folder", "folder/up",
	}, filesIn(t, dir)...) {
		file, _, err := f.open(name)
		require.Equal(t, slices.Contains(names, name), err == nil, "%q: %v", name, err)
		if err == nil {
			file.Close()
		}
	}
	require.Equal(t, `"bad\xff" is not UTF-8: rename the file to fetch it`, why["bad\xff"])
	require.Equal(t, `"bad\x1b[2J" has control characters: rename the file to fetch it`, why["bad\x1b[2J"])
	require.Contains(t, why[`bad\slash`], "no backslash")
	require.Contains(t, why["out"], `"out" is a symbolic link, and its target is not a file in this folder`)
	require.Contains(t, why, "to-folder")
	require.NotContains(t, why, "fifo", "a FIFO is skipped without a reason")
	_, _, err = f.open("to-folder/deep/file")
	require.ErrorContains(t, err, "is behind a symbolic link to a folder; such links are not followed")
}

// Fault F6: a node offered the incomplete file of an unfinished fetch -o.
func TestUnfinishedDownloadsAreNotOffered(t *testing.T) {
	mark := fmt.Sprintf("%019d\n", 100)
	long := strings.Repeat("n", 250)
	dir := folderOf(t,
		"whole", "x", "big.part", "half", "big.part.at", mark, "in/a.part", "half", "in/a.part.at", mark, partOf(long), "half", markOf(long), mark,
		"mine.part", "no mark beside it", "yours.part", "x", "yours.part.at", "not a valid mark", "lone.part.at", mark)
	names, why := offers(t, dir, "")
	require.Equal(t, []string{"lone.part.at", "mine.part", "whole", "yours.part", "yours.part.at"}, names)
	require.Empty(t, why, "unfinished downloads are not logged")
	f, err := openFolder(dir)
	require.NoError(t, err)
	defer f.close()
	for _, name := range []string{"big.part", "big.part.at", "in/a.part", "in/a.part.at", partOf(long), markOf(long)} {
		_, _, err := f.open(name)
		require.True(t, lines.IsRefusal(err, "notfound"), "%s: %v", name, err)
	}
	require.Len(t, fmt.Sprintf("%019d\n", int64(1<<62)), markSize)
}

// A list continues after a name, whether or not the file still exists.
func TestAListContinuesAfterAName(t *testing.T) {
	dir := folderOf(t, "a", "", "a.txt", "", "b/x", "", "b/y/z", "", "b.txt", "", "b0", "", "c", "")
	all, _ := offers(t, dir, "")
	require.Equal(t, []string{"a", "a.txt", "b/x", "b/y/z", "b.txt", "b0", "c"}, all)
	require.True(t, slices.IsSortedFunc(all, compareNames))
	for i, name := range all {
		names, _ := offers(t, dir, name)
		require.Equal(t, all[i+1:], append([]string{}, names...), name)
		names, _ = offers(t, dir, name+"\x00")
		require.Equal(t, all[i+1:], append([]string{}, names...), "after a missing name that follows %s", name)
	}
}

// Fault F4: a list of 10,050 files ended after 10,000 without a warning.
func TestAListOfMoreFilesThanAnAnswerHas(t *testing.T) {
	dir := folderOf(t, "0", "x")
	const many = maxFiles + 50
	for i := range many - 1 {
		require.NoError(t, os.Link(filepath.Join(dir, "0"), filepath.Join(dir, fmt.Sprint(i+1))))
	}
	l := newLab(t, nil)
	l.nodeIn(dir)
	l.node("another", "x")
	c := l.client(nil)
	require.NoError(t, c.List(t.Context()))
	require.Equal(t, many+1, strings.Count(c.out.String(), "\n"))
	require.Contains(t, c.out.String(), " 1 another\n")
	require.Empty(t, l.log.warnings())
}

// Earlier nodes answer LIST but not LIST NAME. The client warns that the list of such
// a node is not complete.
func TestAListThatIsCut(t *testing.T) {
	page := fmt.Sprintf("FILES %d\n", maxFiles) + strings.Repeat("FILE 1 - a\n", maxFiles)
	for name, more := range map[string]string{"not known": "ERR syntax no request\n", "cut": "FILES 5\nFILE 1 - b\n"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				rogue := l.rogue(runs(func(request string) (string, bool) {
					if request == "LIST" {
						return page, true
					}
					return more, false
				}))
				l.node("another", "x")
				c := l.client(nil)
				require.NoError(t, c.List(t.Context()))
				require.Contains(t, c.out.String(), " 1 another\n")
				require.Len(t, l.log.warnings(), 1)
				require.Regexp(t, "the list of node "+rogue+` is not complete: only its first 1000[01] files are shown`, l.log.warnings()[0])
			})
		})
	}
}

// A client stops at a list that never ends.
func TestAListWithoutAnEnd(t *testing.T) {
	page := fmt.Sprintf("FILES %d\n", maxFiles) + strings.Repeat("FILE 1 - a\n", maxFiles-1)
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.rogue(runs(func(request string) (string, bool) {
			return page + "FILE 1 - a" + strings.TrimPrefix(request, "LIST ") + "\n", true // aLIST, aaLIST, aaaLIST
		}))
		c := l.client(nil)
		c.listed = 3 * maxFiles
		require.ErrorContains(t, c.List(t.Context()), "no complete list from any of 1 node")
		require.Equal(t, 3*maxFiles, strings.Count(c.out.String(), "\n"))
		require.Len(t, l.log.warnings(), 1)
	})
}

// A client stops at a node that answers LIST NAME with the same files or earlier
// ones; such a node could repeat them up to a million times.
func TestAListThatRepeatsItself(t *testing.T) {
	page := fmt.Sprintf("FILES %d\n", maxFiles) + strings.Repeat("FILE 1 - b\n", maxFiles)
	for name, next := range map[string]string{"the same": page, "backwards": strings.ReplaceAll(page, " b\n", " a\n")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.rogue(runs(func(request string) (string, bool) {
					if request == "LIST" {
						return page, true
					}
					return next, true
				}))
				c := l.client(nil)
				require.Error(t, c.List(t.Context()))
				require.Equal(t, 2*maxFiles, strings.Count(c.out.String(), "\n"))
				require.Contains(t, l.log.warnings()[0], "the list after")
			})
		})
	}
}

// A node logs each file that it does not offer once.
func TestANodeLogsTheFilesThatItDoesNotOffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		n := l.node("good", "x", "caf\xe9.txt", "x")
		for range 3 {
			_, in := l.asks(n.Addr(), "LIST")
			receives(t, in, "FILES 1\n")
		}
		require.Len(t, l.log.warnings(), 1)
		require.Contains(t, l.log.warnings()[0], "file not offered")
		require.Contains(t, l.log.warnings()[0], "is not UTF-8")
		for i := range 100 {
			write(t, filepath.Join(n.dir, fmt.Sprintf("%d\xff", i)), "x")
		}
		_, in := l.asks(n.Addr(), "LIST")
		receives(t, in, "FILES 1\n")
		require.Len(t, l.log.warnings(), maxSkipped+1)
		require.Contains(t, l.log.warnings()[maxSkipped], "more files are not offered")
	})
}
