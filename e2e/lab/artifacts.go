package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	bench "peerlab/lab"
	"peerlab/lab/event"
	"peerlab/lab/evidence"
)

// artifactDir is where the screens of this test are kept if it fails.
func (l *Lab) artifactDir() string {
	return filepath.Join(l.run.artifacts, filepath.FromSlash(l.artifactFolder()))
}

// artifactFolder is artifactDir, from the folder for all artifacts, with slashes.
func (l *Lab) artifactFolder() string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`\:*?"<>| `, r) {
			return '_'
		}
		return r
	}, l.t.Name())
}

// artifactName is the file for an output of a life. A browser shows it as text, whatever it
// holds, since it ends in .txt.
func artifactName(process string, life int, s bench.Stream) string {
	return fmt.Sprintf("%s.%d.%v.txt", process, life, s)
}

// keepArtifacts writes every screen to a file PROCESS.LIFE.screen.txt, byte for
// byte, every stderr to PROCESS.LIFE.stderr.txt, events.jsonl, the record of the run, the
// same as text to timeline.txt, packets.pcapng if packets were kept, what [Lab.Keep] was
// given, and evidence.html, which shows why the test failed.
func (l *Lab) keepArtifacts() error {
	dir := l.artifactDir()
	errs := []error{os.MkdirAll(dir, 0o755)}
	keep := func(name string, content []byte) {
		errs = append(errs, os.WriteFile(filepath.Join(dir, name), content, 0o644))
	}
	for _, p := range l.Processes() {
		for _, e := range p.Process.Lives() {
			for _, s := range []bench.Stream{bench.Stdout, bench.Stderr} {
				keep(artifactName(p.Name(), e.Number(), s), wholeOutput(e.Output(s).Since(0)))
			}
		}
	}
	l.mu.Lock()
	for name, content := range l.kept {
		keep(name, []byte(content))
	}
	l.mu.Unlock()
	if packets, err := os.ReadFile(filepath.Join(l.Folder(), bench.PacketsFile)); err == nil {
		keep(bench.PacketsFile, packets)
	}
	record, err := os.ReadFile(filepath.Join(l.Folder(), bench.EventsFile))
	keep(bench.EventsFile, record)
	events, unread := event.Read(bytes.NewReader(record))
	var timeline bytes.Buffer
	for _, e := range events {
		fmt.Fprintf(&timeline, "%s  %v\n", l.clock(e.Time), e)
	}
	keep("timeline.txt", timeline.Bytes())
	if l.verdict != nil {
		page, unwritten := l.evidence(l.verdict, events)
		keep(evidence.File, page)
		errs = append(errs, unwritten)
	}
	return errors.Join(append(errs, err, unread)...)
}

// wholeOutput is all that an output holds, as the program wrote it.
func wholeOutput(v bench.View) []byte {
	var file bytes.Buffer
	if gone := v.Next - len(v.Lines); gone > 0 {
		fmt.Fprintf(&file, "(the first %d lines were not kept)\n", gone)
	}
	for _, line := range v.Lines {
		file.WriteString(line.Text)
		if !line.Cut {
			file.WriteByte('\n')
		}
	}
	return file.Bytes()
}
