package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// repository is a swarm that serves what is in the repository's own folder
// files/, all that is there by its name, and which nodes have it.
func repository(t *testing.T) (s *swarm, all files, where map[string][]*fileNode) {
	t.Helper()
	s, all, where = startSwarm(t), files{}, map[string][]*fileNode{}
	for i := 1; i <= 3; i++ {
		name := fmt.Sprintf("node%d", i)
		holds := files{}
		paths, err := filepath.Glob(filepath.Join("..", "files", name, "*"))
		require.NoError(t, err)
		require.NotEmpty(t, paths, "files/%s", name)
		for _, path := range paths {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			holds[filepath.Base(path)] = string(content)
		}
		n := s.join(name, s.folder(name, holds))
		for file, content := range holds {
			if before, known := all[file]; known {
				require.Equal(t, before, content, "files of one name in the repository are copies")
			}
			all[file], where[file] = content, append(where[file], n)
		}
	}
	return s, all, where
}

func sorted(m files) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestFetchPrintsEveryFileOfTheRepository(t *testing.T) {
	s, all, _ := repository(t)
	names := sorted(all)
	var whole strings.Builder
	for _, name := range names {
		whole.WriteString(all[name])
	}

	byArguments := s.fetch(nil, names...)
	byArguments.Exits(0)
	s.printed(byArguments, whole.String())
	assert.Empty(t, complaints(byArguments))

	byPrompts := s.fetch(nil)
	for _, name := range names {
		byPrompts.Types(name)
	}
	byPrompts.CloseStdin()
	byPrompts.Exits(0)
	s.printed(byPrompts, whole.String())
	assert.Empty(t, complaints(byPrompts))
}

func TestFetchSavesEveryFileOfTheRepository(t *testing.T) {
	s, all, _ := repository(t)
	p := s.fetch([]string{"-o", "."}, sorted(all)...)
	p.Exits(0)
	assert.Empty(t, output(p), "the screen is for files that are printed")
	for name, content := range all {
		s.saved(p, name, hashOf(content))
	}
}

func TestFetchKeepsAskingForNames(t *testing.T) {
	lab.NeedsOwn(t, "fetch")
	s := startSwarm(t)
	n := s.join("node", s.folder("node", files{"one.txt": "one\n", "two.txt": "two\n"}))
	p := s.fetch(nil)
	p.Types("one.txt")
	p.Sees("one")
	p.Types("three.txt")
	p.Stderr().Contains("three.txt")
	p.Types("../two.txt")
	p.Stderr().Contains("../two.txt")
	s.put(n.Path(""), "three.txt", "three, now\n")
	p.Types("three.txt")
	p.Sees("three, now")
	p.Types("two.txt")
	p.Sees("two")
	p.CloseStdin()
	p.Exits(1) // not all that was asked for could be fetched
	s.printed(p, "one\nthree, now\ntwo\n")
}

func TestFetchListsWhatEveryNodeOffers(t *testing.T) {
	s, all, where := repository(t)
	p := s.fetch([]string{"-list"})
	p.Exits(0)
	var got, want []string
	for _, line := range p.Lines() {
		got = append(got, strings.Join(strings.Fields(line.Text), " "))
	}
	for name, content := range all {
		for _, n := range where[name] {
			want = append(want, fmt.Sprintf("%s %d %s", n.at, len(content), name))
		}
	}
	assert.ElementsMatch(t, want, got)
	assert.Empty(t, complaints(p))
}

// Fault U13: each file was on one node, so that the README's "kill the node that has
// it, and fetch again" could only fail.
func TestFetchOfTheRepositoryAfterANodeIsKilled(t *testing.T) {
	lab.NeedsOwn(t, "fetch")
	for _, name := range []string{"tyger.txt", "mesh.png", "ozymandias.txt"} {
		t.Run(name, func(t *testing.T) {
			s, all, where := repository(t)
			require.Len(t, where[name], 2)
			p := s.fetch([]string{"-v"}, name)
			p.Exits(0)
			p.Stderr().Contains("reading from node " + where[name][0].at)
			where[name][0].Kill()
			again := s.fetch([]string{"-v"}, name)
			again.Exits(0)
			s.printed(again, all[name])
			again.Stderr().Contains("reading from node " + where[name][1].at)
		})
	}
}

// Fault U13: the prompt had no list, and no way to save.
func TestFetchListsAndSavesAtItsPrompt(t *testing.T) {
	lab.NeedsOwn(t, "fetch")
	s := startSwarm(t)
	n := s.join("node", s.folder("node", files{"one.txt": "one\n", "list": "a file\n"}))
	p := s.fetch(nil)
	p.Types("list")
	p.Sees(fmt.Sprintf("%s %12d %s", n.at, len("one\n"), "one.txt"))
	p.Types("save one.txt")
	p.Types(" ./list ")
	p.Sees("a file")
	p.Types("help")
	p.Stderr().Contains("save NAME")
	p.CloseStdin()
	p.Exits(0)
	s.saved(p, "one.txt", hashOf("one\n"))
	assert.NotContains(t, output(p), "one\n", "what is saved is not printed")
}
