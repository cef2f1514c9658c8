package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// artifactDir is where the screens of this test are kept if it fails.
func (l *Lab) artifactDir() string {
	parts := strings.Split(l.t.Name(), "/")
	for i, part := range parts {
		parts[i] = strings.Map(func(r rune) rune {
			if strings.ContainsRune(`\:*?"<>| `, r) {
				return '_'
			}
			return r
		}, part)
	}
	return filepath.Join(append([]string{l.run.artifacts}, parts...)...)
}

// keepArtifacts writes every screen to a file PROCESS.EPOCH.screen, byte for
// byte, every stderr to PROCESS.EPOCH.stderr, and to timeline.txt all lines of
// all of them and all that the lab did, in the order of time, what [Lab.Keep] was
// given, and events.jsonl, the record of the run.
func (l *Lab) keepArtifacts() error {
	dir := l.artifactDir()
	errs := []error{os.MkdirAll(dir, 0o755)}
	type event struct {
		at   time.Time
		text string
	}
	var events []event
	for _, p := range l.everything() {
		for _, e := range p.history() {
			for s, r := range e.outputs {
				var file bytes.Buffer
				v := r.since(0)
				if gone := v.next - len(v.lines); gone > 0 {
					fmt.Fprintf(&file, "(the first %d lines were not kept)\n", gone)
				}
				for _, line := range v.lines {
					file.WriteString(line.Text)
					if !line.Cut {
						file.WriteByte('\n')
					}
					events = append(events, event{line.At, fmt.Sprintf("%s.%d %-6v | %s", p.Name(), e.number, stream(s), shorten(line.Text))})
				}
				path := filepath.Join(dir, fmt.Sprintf("%s.%d.%v", p.Name(), e.number, stream(s)))
				errs = append(errs, os.WriteFile(path, file.Bytes(), 0o644))
			}
		}
	}
	l.mu.Lock()
	for _, a := range l.acts {
		events = append(events, event{a.at, fmt.Sprintf("%s         * %s", a.who, a.what)})
	}
	for name, content := range l.kept {
		errs = append(errs, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	l.mu.Unlock()
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	var timeline bytes.Buffer
	for _, e := range events {
		fmt.Fprintf(&timeline, "%s  %s\n", l.clock(e.at), e.text)
	}
	errs = append(errs, os.WriteFile(filepath.Join(dir, "timeline.txt"), timeline.Bytes(), 0o644))
	record, err := os.ReadFile(filepath.Join(l.dir, eventsFile))
	errs = append(errs, err, os.WriteFile(filepath.Join(dir, eventsFile), record, 0o644))
	return errors.Join(errs...)
}
