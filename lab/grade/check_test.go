package grade

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARubricIsChecked(t *testing.T) {
	beside := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(beside, "chat"), 0o755))
	for _, name := range []string{"server.py", "client.py"} {
		require.NoError(t, os.WriteFile(filepath.Join(beside, "chat", name), nil, 0o644))
	}
	path := filepath.Join(beside, "checks.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`
- name: one
  copy: [chat]
  run: {server: "python3 chat/server.py {}", client: "python3 chat/client.py {ID}"}
  fails: [b]
- name: other
  copy: [chat]
  run: {server: "python3 chat/server.py {}", client: "python3 chat/client.py {PORT1}"}
  fails: [a]
`), 0o644))
	checks, err := ReadChecks(path)
	require.NoError(t, err)

	g, p := grader(t, map[string]string{"TestA": "p", "TestB": "f", "TestC": "p"})
	checked, err := g.Check(t.Context(), checks, beside, 1, t.TempDir(), func(*Result) {})
	require.NoError(t, err)
	require.Equal(t, 2, p.runs["TestA"])
	require.True(t, checked[0].AsItShould())
	require.False(t, checked[1].AsItShould(), "it fails in b, and not in a")
	require.Equal(t, "one                              8 of 16  failed in b: as it should\n"+
		"other                            8 of 16  failed in b: it should fail in a\n", Table(checked))

	checks[0].Copy = []string{"gone"}
	_, err = g.Check(t.Context(), checks, beside, 1, t.TempDir(), func(*Result) {})
	require.ErrorContains(t, err, "check one: ")
	require.NoError(t, os.WriteFile(path, []byte("- {name: a/b}\n"), 0o644))
	_, err = ReadChecks(path)
	require.ErrorContains(t, err, `"a/b" is no name of a submission`)
}
