package grade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Class scores many submissions, so many at a time, each into a folder of its own below
// folder, and returns their results in the order given. A submission whose result is there
// already, complete and of the same content and rubric, is not run again. progress is
// called with each result that is complete. The error is the bench's: of the first
// submission that could not be graded; the others are.
func (g *Grader) Class(ctx context.Context, submissions []string, jobs int, folder string, progress func(*Result)) ([]*Result, error) {
	folders, err := folders(submissions, folder)
	if err != nil {
		return nil, err
	}
	results := make([]*Result, len(submissions))
	return results, inTurns(len(submissions), jobs, func(i int) (func(), error) {
		var err error
		results[i], err = g.again(ctx, submissions[i], folders[i])
		return func() { progress(results[i]) }, err
	})
}

// inTurns does n things, so many at a time. What each returns is called, one after the other.
func inTurns(n, jobs int, do func(i int) (then func(), err error)) error {
	errs := make([]error, n)
	turns := make(chan struct{}, jobs)
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range n {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			then, err := do(i)
			if errs[i] = err; err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			then()
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// folders gives each submission a folder by its name.
func folders(submissions []string, folder string) ([]string, error) {
	all := make([]string, len(submissions))
	taken := make(map[string]string)
	for i, from := range submissions {
		all[i] = filepath.Join(folder, submissionName(from))
		if other := taken[all[i]]; other != "" {
			return nil, fmt.Errorf("%s and %s have the same name: rename one", other, from)
		}
		taken[all[i]] = from
	}
	return all, nil
}

// again returns the result that is there, or grades the submission.
func (g *Grader) again(ctx context.Context, from, folder string) (*Result, error) {
	content, err := os.ReadFile(filepath.Join(folder, ResultFile))
	if err != nil {
		return g.Grade(ctx, from, folder)
	}
	var r Result
	if json.Unmarshal(content, &r) != nil || !r.Gradable() || r.Rubric != g.Rubric.Hash {
		return g.Grade(ctx, from, folder)
	}
	if hash, err := contentHash(from); err != nil || hash != r.Hash {
		return g.Grade(ctx, from, folder)
	}
	return &r, nil
}
