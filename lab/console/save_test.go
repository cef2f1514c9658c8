package console

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/event"
)

func TestASavedRun(t *testing.T) {
	p := serve(t)
	record := filepath.Join(t.TempDir(), "events.jsonl")
	require.NoError(t, os.WriteFile(record, []byte("{}\n"), 0o600))
	p.stage.files = map[string]string{"events.jsonl": record}
	events := event.NewRecorder(p.Record())
	events.Add(event.Event{Kind: event.Started, Process: "client1", Life: 1})
	events.Add(event.Event{Kind: event.Shown, Process: "client1", Life: 1, Text: "<b>hello"})
	require.NoError(t, events.Close())
	p.Output("client1", []byte("h\xc3"))
	p.Output("client1", []byte("\xa4llo\n"))
	answer, err := http.Get("http://" + p.address + "/run.zip?token=" + p.access.lookToken)
	require.NoError(t, err)
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	files, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	content := make(map[string]string)
	for _, f := range files.File {
		r, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		content[f.Name] = string(text)
	}
	assert.Equal(t, "{}\n", content["events.jsonl"])
	assert.Contains(t, content["diagram.svg"], "&lt;b&gt;hello")
	assert.Contains(t, content["diagram.svg"], "<style>", "it is shown without the page, too")
	lines := strings.Split(strings.TrimSpace(content["client1.cast"]), "\n")
	require.Len(t, lines, 3, "%s", content["client1.cast"])
	assert.Contains(t, lines[0], `"version":3`)
	assert.Regexp(t, `^\[[0-9.]+,"o","h"\]$`, lines[1])
	assert.Regexp(t, `^\[[0-9.]+,"o","ällo\\r\\n"\]$`, lines[2])
}

func TestASavedRunIsOpenedAgain(t *testing.T) {
	p := serve(t)
	record := filepath.Join(t.TempDir(), "record")
	file, err := os.Create(record)
	require.NoError(t, err)
	events := event.NewRecorder(io.MultiWriter(file, p.Record()))
	events.Add(event.Event{Kind: event.Started, Process: "client1", Life: 1})
	events.Add(event.Event{Kind: event.Shown, Process: "client1", Life: 1, Text: "hello"})
	events.Add(event.Event{Kind: event.Exited, Process: "client1", Life: 1, Text: "exited with status 0"})
	p.Output("client1", []byte("hello\n"))
	require.NoError(t, errors.Join(events.Close(), file.Close()))
	p.stage.files = map[string]string{"events.jsonl": record}
	zipped, err := os.Create(filepath.Join(t.TempDir(), "run.zip"))
	require.NoError(t, err)
	require.NoError(t, errors.Join(p.Save(zipped), zipped.Close()))

	again := serveStage(t, func(c *Console) Stage {
		s, err := OpenSaved(c, zipped.Name())
		require.NoError(t, err)
		assert.Equal(t, []Program{{Name: "client1", State: Exited, Life: 1, Can: []Action{}}}, s.Programs())
		return s
	})
	s := again.open(t, again.access.controlToken)
	s.await("the terminal", func() bool { return strings.Contains(s.text["client1"], "hello\r\n") })
	s.await("how it ended", func() bool { return strings.Contains(s.text["client1"], "[exited with status 0]") })
	s.send(request{Do: "start", Name: "client1"})
	s.await("the refusal", func() bool { return s.last != "" })
	svg, err := again.draw(filter{}, -1, -1)
	require.NoError(t, err)
	assert.Contains(t, string(svg), "hello")

	_, err = OpenSaved(New(Config{Log: p.log}), record)
	require.ErrorContains(t, err, "zip")
}

func TestOnlyWholeLinesAreSaved(t *testing.T) {
	p := serve(t)
	record := filepath.Join(t.TempDir(), "events.jsonl")
	const whole = `{"time":"2026-11-29T01:02:03Z","kind":"started","process":"client1","life":1}` + "\n"
	require.NoError(t, os.WriteFile(record, []byte(whole+`{"time":"2026-`), 0o600))
	p.stage.files = map[string]string{"events.jsonl": record}
	zipped, err := os.Create(filepath.Join(t.TempDir(), "run.zip"))
	require.NoError(t, err)
	require.NoError(t, errors.Join(p.Save(zipped), zipped.Close()))
	s, err := OpenSaved(New(Config{Log: p.log}), zipped.Name())
	require.NoError(t, err, "the last line was not written yet")
	assert.Len(t, s.Programs(), 1)
}

func TestOnlyWholeBlocksOfPacketsAreSaved(t *testing.T) {
	block := []byte{10, 13, 13, 10, 12, 0, 0, 0, 12, 0, 0, 0}
	for name, more := range map[string][]byte{"whole": nil, "torn": block[:11], "torn head": block[:3], "zeros": make([]byte, 20)} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, copyBlocks(&out, bytes.NewReader(append(append([]byte{}, block...), more...))))
			assert.Equal(t, block, out.Bytes())
		})
	}
}
