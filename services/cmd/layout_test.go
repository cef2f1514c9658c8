package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/process"
)

// place is a text that a file must contain for a process or system.
type place struct{ file, text string }

// The files that docs/add-a-system.md lists contain every process and system, and
// the page lists each of these files.
func TestEverySystemIsComplete(t *testing.T) {
	var places []place
	for _, p := range programs(t) {
		places = append(places,
			place{"Dockerfile", "FROM process AS " + p.name + "\n"},
			place{"Dockerfile", "HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD [\"/" + p.name + "\", \"-health\"]\n"},
			place{"Dockerfile", "ENTRYPOINT [\"/" + p.name + "\"]\n"},
			place{"compose.yaml", "image: peerlab/" + p.name + "\n"},
			place{"compose.yaml", "target: " + p.name + "}"},
			place{"docs/guide.md", "| `" + p.name},
			place{"docs/architecture.md", p.name},
		)
	}
	systems := systemsOf(t)
	for _, system := range systems {
		title := strings.ToUpper(system[:1]) + system[1:]
		places = append(places,
			place{"docs/protocol.md", "\n## " + title + "\n"},
			place{"docs/assignments.md", "\n## " + title + "\n"},
			place{"docs/architecture.md", "services/" + system},
			place{"README.md", "**" + title + ".**"},
			place{"e2e/" + system + "/hostile_test.go", "func TestHostileBytes("},
		)
	}
	page := read(t, "docs/add-a-system.md")
	for _, p := range places {
		assert.True(t, strings.Contains(read(t, p.file), p.text), "%s lacks %q: see docs/add-a-system.md", p.file, p.text)
		assert.True(t, strings.Contains(page, filepath.Base(p.file)), "docs/add-a-system.md does not list %s", p.file)
	}
}

// systemsOf returns the names of the system packages beside services/cmd.
func systemsOf(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	var systems []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "cmd" && e.Name() != "internal" {
			systems = append(systems, e.Name())
		}
	}
	require.NotEmpty(t, systems)
	return systems
}

// read returns a file of the repository; file is its path from the top.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(file)))
	require.NoError(t, err)
	return string(text)
}

// The changelog begins with the version that -version prints.
func TestTheChangelogBeginsWithTheVersion(t *testing.T) {
	_, newest, ok := strings.Cut(read(t, "CHANGELOG.md"), "\n## ")
	require.True(t, ok)
	assert.True(t, strings.HasPrefix(newest, process.Version+" "), "CHANGELOG.md begins with %.20q, the version is %s", newest, process.Version)
}
