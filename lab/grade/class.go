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
	results, errs := make([]*Result, len(submissions)), make([]error, len(submissions))
	turns := make(chan struct{}, jobs)
	var all sync.WaitGroup
	var mu sync.Mutex
	for i, from := range submissions {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			results[i], errs[i] = g.again(ctx, from, folders[i])
			if errs[i] == nil {
				mu.Lock()
				defer mu.Unlock()
				progress(results[i])
			}
		})
	}
	all.Wait()
	return results, errors.Join(errs...)
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
