package relay

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// repository starts a relay whose nodes serve what is in the repository's own folder
// files/, all that is there by its name, and which nodes have it.
func repository(t *testing.T) (s *stage.Relay, all stage.Files, where map[string][]*stage.Node) {
	t.Helper()
	s, all, where = stage.StartRelay(t), stage.Files{}, map[string][]*stage.Node{}
	for i := 1; i <= 3; i++ {
		name := fmt.Sprintf("node%d", i)
		holds := stage.Files{}
		paths, err := filepath.Glob(filepath.Join("..", "..", "files", name, "*"))
		require.NoError(t, err)
		require.NotEmpty(t, paths, "files/%s", name)
		for _, path := range paths {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			holds[filepath.Base(path)] = string(content)
		}
		n := s.Join(name, s.NewFolder(name, holds))
		for file, content := range holds {
			if before, known := all[file]; known {
				require.Equal(t, before, content, "files of one name in the repository are copies")
			}
			all[file], where[file] = content, append(where[file], n)
		}
	}
	return s, all, where
}

// A user types the name of each text file.
func TestFetchPrintsEveryFileOfTheRepository(t *testing.T) {
	s, all, _ := repository(t)
	for _, name := range all.Names() {
		if strings.HasSuffix(name, ".txt") {
			s.FetchedAtPrompt(name, all[name])
		}
	}
}

func TestFetchPrintsFilesNamedAsArguments(t *testing.T) {
	s, all, _ := repository(t)
	names, whole := all.Names(), ""
	for _, name := range names {
		whole += all[name]
	}
	p := s.Fetch(nil, names...)
	p.Exits(0)
	s.Printed(p, whole)
	assert.Empty(t, stage.Complaints(p))
}

func TestFetchKeepsAskingForNames(t *testing.T) {
	lab.NeedsOwn(t, "fetch")
	s := stage.StartRelay(t)
	n := s.Join("node", s.NewFolder("node", stage.Files{"one.txt": "one\n", "two.txt": "two\n"}))
	p := s.Fetch(nil)
	p.Types("one.txt")
	p.Sees("one")
	p.Types("three.txt")
	p.Stderr().Contains("three.txt")
	p.Types("../two.txt")
	p.Stderr().Contains("../two.txt")
	s.Put(n.Path(""), "three.txt", "three, now\n")
	p.Types("three.txt")
	p.Sees("three, now")
	p.Types("two.txt")
	p.Sees("two")
	p.CloseStdin()
	p.Exits(1) // not all that was asked for could be fetched
	s.Printed(p, "one\nthree, now\ntwo\n")
}

func TestFetchListsWhatEveryNodeOffers(t *testing.T) {
	s, all, where := repository(t)
	p := s.Fetch([]string{"-list"})
	p.Exits(0)
	var got, want []string
	for _, line := range p.Lines() {
		got = append(got, strings.Join(strings.Fields(line.Text), " "))
	}
	for name, content := range all {
		for _, n := range where[name] {
			want = append(want, fmt.Sprintf("%s %d %s", n.At, len(content), name))
		}
	}
	assert.ElementsMatch(t, want, got)
	assert.Empty(t, stage.Complaints(p))
}

// Fault U13: each file was on one node, so that the README's "kill the node that has
// it, and fetch again" could only fail.
func TestFetchOfTheRepositoryAfterANodeIsKilled(t *testing.T) {
	s, all, where := repository(t)
	for _, name := range []string{"tyger.txt", "ozymandias.txt"} {
		require.Len(t, where[name], 2)
		s.FetchedAtPrompt(name, all[name])
	}
	where["tyger.txt"][0].Kill() // node1
	s.FetchedAtPrompt("tyger.txt", all["tyger.txt"])
	where["ozymandias.txt"][0].Kill() // node2
	s.FetchedAtPrompt("ozymandias.txt", all["ozymandias.txt"])
}
