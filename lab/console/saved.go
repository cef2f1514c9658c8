package console

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"peerlab/lab/event"
)

// Saved is the stage of a run that is over: its terminals and its diagram can be looked at.
type Saved struct{ programs []Program }

var errOver = errors.New("this run is over: it can only be looked at")

// OpenSaved puts a file of [Console.Save] on a page.
func OpenSaved(c *Console, file string) (*Saved, error) {
	files, err := zip.OpenReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: give a file that 'Save run' or -save made", file, err)
	}
	defer files.Close()
	s := &Saved{}
	if err := s.read(c, files); err != nil {
		return nil, fmt.Errorf("%s in %s: %w", eventsFile, file, err)
	}
	for _, f := range files.File {
		if name, ok := strings.CutSuffix(path.Base(f.Name), ".cast"); ok {
			if err := c.replay(f, name); err != nil {
				return nil, fmt.Errorf("%s in %s: %w", f.Name, file, err)
			}
		}
	}
	return s, nil
}

// read reads the record.
func (s *Saved) read(c *Console, files *zip.ReadCloser) error {
	record, err := files.Open(eventsFile)
	if err != nil {
		return err
	}
	defer record.Close()
	lines := bufio.NewScanner(record)
	for lines.Scan() {
		var e event.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return err
		}
		c.history.add(bytes.Clone(lines.Bytes()))
		if e.Kind == event.Started {
			s.started(e)
		}
	}
	return lines.Err()
}

func (s *Saved) started(e event.Event) {
	i := slices.IndexFunc(s.programs, func(p Program) bool { return p.Name == e.Process })
	if i < 0 {
		i = len(s.programs)
		s.programs = append(s.programs, Program{Name: e.Process, State: Exited, Can: []Action{}})
	}
	s.programs[i].Life = e.Life
}

// replay shows what a terminal showed.
func (c *Console) replay(f *zip.File, name string) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	lines := json.NewDecoder(bufio.NewReader(r))
	var header struct{ Version int }
	if err := lines.Decode(&header); err != nil || header.Version != 3 {
		return errors.Join(errors.New("it is no asciicast of version 3"), err)
	}
	for {
		var e []any
		if err := lines.Decode(&e); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if len(e) == 3 && e[1] == "o" {
			text, _ := e[2].(string)
			c.Output(name, []byte(text))
		}
	}
}

// Programs implements [Stage].
func (s *Saved) Programs() []Program { return s.programs }

// Type implements [Stage].
func (s *Saved) Type(string, []byte) error { return errOver }

// Act implements [Stage].
func (s *Saved) Act(context.Context, string, Action) error { return errOver }

// Links implements [Stage].
func (s *Saved) Links() (links, error) { return noLinks{}, errOver }

// Files implements [Stage].
func (s *Saved) Files() map[string]string { return nil }
