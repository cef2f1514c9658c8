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
)

// repository is a swarm that serves what is in the repository's own folder
// files/, and all that is there by its name.
func repository(t *testing.T) (s *swarm, all files, where map[string]*fileNode) {
	t.Helper()
	s, all, where = startSwarm(t), files{}, map[string]*fileNode{}
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
			require.NotContains(t, all, file, "the files of the repository have names of their own")
			all[file], where[file] = content, n
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
		want = append(want, fmt.Sprintf("%s %d %s", where[name].at, len(content), name))
	}
	assert.ElementsMatch(t, want, got)
	assert.Empty(t, complaints(p))
}
