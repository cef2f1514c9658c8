package scripts

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// cloneTimeout is for building all programs and the scenarios on a cold cache.
const cloneTimeout = 10 * time.Minute

// clone is a clone of the working tree, with core.autocrlf=true and umask 077,
// in a folder whose name has a blank.
func (s *scripted) clone() string {
	s.t.Helper()
	lab.Needs(s.t, "git")
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(s.t, err)
	clone := filepath.Join(s.dir, "the clone")
	r := s.command(s.dir, "sh", "-c", `
		set -e
		umask 077
		export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
		git init --quiet origin
		cd origin
		git --work-tree="$1" add --all
		git -c user.name=test -c user.email=test@localhost commit --quiet --message test
		git clone --quiet --config core.autocrlf=true . "$2"
		chmod -R go-rwx "$2"`, "-", root, clone)
	require.Equal(s.t, 0, r.status, r.stderr)
	return clone
}

// Fault B2: a clone with core.autocrlf=true had scripts that did not run, and
// files with other hashes.
func TestCloneHasTheSameBytesHoweverGitConverts(t *testing.T) {
	clone := newScripted(t).clone()
	compared := 0
	require.NoError(t, filepath.WalkDir(clone, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if entry.Name() == ".git" {
			return fs.SkipDir
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		compared++
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		name, err := filepath.Rel(clone, path)
		require.NoError(t, err)
		want, err := os.ReadFile(filepath.Join("..", "..", name))
		require.NoError(t, err)
		require.Equal(t, sha256.Sum256(want), sha256.Sum256(content), name)
		if strings.HasSuffix(name, ".sh") {
			require.False(t, bytes.ContainsRune(content, '\r'), name)
		}
		return nil
	}))
	require.Greater(t, compared, 200)
}

// Fault B2: a file that a user adds to files/ keeps its CRLF, in a commit and in
// a clone.
func TestCloneKeepsCRLFInFiles(t *testing.T) {
	s := newScripted(t)
	clone := s.clone()
	const content = "one\r\ntwo\r\n"
	require.NoError(t, os.WriteFile(filepath.Join(clone, "files", "node1", "dos.txt"), []byte(content), 0o644))
	r := s.command(clone, "sh", "-c", "git add files && git cat-file blob :files/node1/dos.txt")
	require.Equal(t, 0, r.status, r.stderr)
	require.Equal(t, content, r.stdout)
}

// Faults B2, B3 and B8: in a clone with core.autocrlf=true and umask 077 in a
// folder whose name has a blank, make could not build the scenarios' programs.
func TestCloneBuildsAndPassesAPhase(t *testing.T) {
	if lab.InContainers() {
		lab.LeaveOut(t, "it builds for minutes, and runs with PEERLAB_E2E=native")
	}
	s := newScripted(t)
	clone := s.clone()
	r := s.within(cloneTimeout, clone, "sh", "-c", "umask 077; make build && make e2e-native IN=chat RUN='^TestPhase1$'")
	require.Equal(t, 0, r.status, r.stdout+r.stderr)
	require.Regexp(t, `(?m)^✓\s+e2e/chat\s[^\[]*$`, r.stdout)
	require.FileExists(t, filepath.Join(clone, "bin", "client"))
	require.FileExists(t, filepath.Join(clone, "bin", "race", "mutant"))
}
