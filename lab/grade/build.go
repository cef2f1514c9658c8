package grade

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"peerlab/lab"
)

// buildLimit is for building a submission.
const buildLimit = 2 * time.Minute

// groupsFrom is the first of the groups that submissions belong to. They own nothing on
// any machine.
const groupsFrom = 1 << 24

// chooseGroup returns a group for a submission: its programs, which run as users without
// rights, read its files by it, and those of no other submission. 0 if this process may
// not give files away; then they run as its user, and without limits.
func chooseGroup() int {
	if os.Getuid() != 0 {
		return 0
	}
	return groupsFrom + rand.IntN(groupsFrom)
}

// share lets the group read a folder and what is in it, and write or not, and all others
// nothing.
func share(dir string, group int, write bool) error {
	if group == 0 {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm()&^0o077 | info.Mode().Perm()&0o500>>3
		if write {
			mode |= 0o020
		}
		if err := os.Lchown(path, 0, group); err != nil {
			return err
		}
		return os.Chmod(path, mode)
	})
}

// limits are those of the programs of a submission.
func (g *Grader) limits(s *Submission) *lab.Limits {
	if s.Group == 0 {
		return nil
	}
	l := lab.ForStrangers(s.Group, s.work)
	l.Lenient = g.Lenient
	return l
}

// build builds a submission in its copy, under the limits of its programs. What is wrong
// is the submission's own fault; the error is the bench's.
func (g *Grader) build(ctx context.Context, s *Submission) (wrong, err error) {
	if s.Dir == "" {
		return nil, nil
	}
	if s.Build == "" {
		return nil, share(s.work, s.Group, false)
	}
	if err := share(s.work, s.Group, true); err != nil {
		return nil, err
	}
	o := lab.Options{Programs: map[string]string{"build": "cmd+pipe:sh -c " + lab.QuoteWords(s.Build) + " {}"}}
	if o.Limits = g.limits(s); o.Limits != nil {
		o.Limits.CPUs = 0
	}
	l, err := g.Bench.NewLab(o)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	limited, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	all, err := l.Start(limited, lab.Spec{Name: "build", Dir: s.Dir})
	if err != nil {
		return nil, err
	}
	life := all[0].Life()
	_ = life.CloseInput()
	select {
	case <-life.Ended():
	case <-limited.Done():
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return fmt.Errorf("it does not build: '%s' did not end within %v", s.Build, buildLimit), l.End()
	}
	if err := l.End(); err != nil { // what it has started, too
		return nil, err
	}
	if _, status, _ := life.Result(); status != 0 {
		return fmt.Errorf("it does not build: '%s' %s\n%s", s.Build, life.Outcome(), said(life)), nil
	}
	return nil, share(s.work, s.Group, false)
}

// said returns the last lines that a life has printed.
func said(life *lab.Life) string {
	var text []string
	for _, stream := range []lab.Stream{lab.Stdout, lab.Stderr} {
		lines := life.Output(stream).Since(0).Lines
		for _, line := range lines[max(0, len(lines)-20):] {
			text = append(text, line.Text)
		}
	}
	return strings.Join(text, "\n")
}
