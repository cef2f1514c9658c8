package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const record = `{"time":"2026-11-29T01:02:03Z","kind":"run","version":1}
{"time":"2026-11-29T01:02:03.1Z","kind":"typed","process":"client1","life":1,"text":"hello"}
{"time":"2026-11-29T01:02:03.2Z","kind":"shown","process":"client2","life":1,"text":"Client 1: hello"}
{"time":"2026-11-29T01:02:03.3Z","kind":"shown","process":"client2","life":1,"text":"Client 1: goodbye"}
`

func TestDiagram(t *testing.T) {
	dir := t.TempDir()
	file, picture := filepath.Join(dir, "events.jsonl"), filepath.Join(dir, "out.svg")
	require.NoError(t, os.WriteFile(file, []byte(record), 0o644))
	cut := filepath.Join(dir, "cut.jsonl")
	require.NoError(t, os.WriteFile(cut, []byte(record+`{"time":"2026-`), 0o644))
	for name, test := range map[string]struct {
		args   []string
		status int
		says   string // on stderr
		has    string // the picture
	}{
		"the last line":              {[]string{file}, done, "2 of the 4 events of the record are drawn; 1 may have caused the marked one. The record has nothing of the network.\n", `id="e4" class="shown offence"`},
		"by its number":              {[]string{"-around", "3", file}, done, "", `id="e3" class="shown offence"`},
		"by its text":                {[]string{"-around", "hello", file}, done, "", `id="e3" class="shown offence"`},
		"all":                        {[]string{"-all", file}, done, "3 of the 4 events of the record are drawn. The record has nothing of the network.\n", `id="e2" class="typed"`},
		"in real time":               {[]string{"-all", "-time", file}, done, "", "0.300 s"},
		"into a file":                {[]string{"-o", picture, file}, done, "", ""},
		"a cut record":               {[]string{cut}, done, "is used up to event 4", `id="e4"`},
		"no such event":              {[]string{"-around", "9", file}, usage, `has 4 events, and none is "9"`, ""},
		"no such text":               {[]string{"-around", "adieu", file}, usage, `has 4 events, and none is "adieu"`, ""},
		"no record":                  {nil, usage, "give one record", ""},
		"no such file":               {[]string{filepath.Join(dir, "none")}, usage, "no such file", ""},
		"not a record":               {[]string{"diagram_test.go"}, usage, "is no record of a run", ""},
		"a folder that is not there": {[]string{"-o", filepath.Join(dir, "none", "x.svg"), file}, broken, "none", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out, log bytes.Buffer
			assert.Equal(t, test.status, run(t.Context(), append([]string{"diagram"}, test.args...), &out, &log))
			assert.Contains(t, log.String(), test.says)
			assert.Contains(t, out.String(), test.has)
			assert.Equal(t, test.has != "", strings.HasPrefix(out.String(), "<svg "))
		})
	}
	written, err := os.ReadFile(picture)
	require.NoError(t, err)
	assert.Contains(t, string(written), "✗ Client 1: goodbye")
}
