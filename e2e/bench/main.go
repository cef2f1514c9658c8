// Command bench measures the real programs, each as a process of its own, beside others
// that do the same work, all in one run:
//
//	go run . [-page ../../docs/benchmarks.md] [-rows talk,join,...] [-rounds 1]
//
// It prints a report; with -page it also puts it into that page. It passes no verdict:
// its exit status is 0 for any figures. Each side has a network namespace of its own,
// which needs root or a user namespace. All files are in a temporary folder, which it
// removes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"peerlab/e2e/bench/internal/report"
	"peerlab/e2e/bench/internal/rounds"
)

func main() {
	page := flag.String("page", "", "`file` to put the report into")
	names := flag.String("rows", "", "`rows` to measure, separated by commas; all of them if empty")
	most := flag.Int("rounds", 0, "`number` of rounds of each row at most")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *page, *names, *most); err != nil {
		if ctx.Err() != nil {
			err = errors.New("stopped; nothing has been written")
		}
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, page, names string, most int) error {
	switch {
	case flag.NArg() > 0:
		return fmt.Errorf("%q is one argument too many", flag.Arg(0))
	case page != "" && (names != "" || most > 0):
		return errors.New("-page is for a whole run: omit -rows and -rounds")
	}
	l := &lab{begun: time.Now()}
	chosen, err := choose(l.rows(), names)
	if err != nil {
		return err
	}
	if err := l.open(ctx); err != nil {
		return err
	}
	defer l.close()
	before := loadAverage()
	r := report.Run{Begun: l.begun, Commit: revision(ctx), Cores: runtime.NumCPU()}
	player := &rounds.Player{Log: l.log, Clock: clock, Cores: runtime.NumCPU(), Most: most}
	for _, row := range chosen {
		l.log(row.Name + ": " + row.Short + " ...")
		result, err := player.Play(ctx, row)
		if err != nil {
			return err
		}
		r.Results = append(r.Results, result)
	}
	r.Facts = append(facts(ctx), report.Fact{Name: "load average (1 min), before and after", Value: before + ", " + loadAverage()})
	r.Took = time.Since(r.Begun)
	fmt.Print("\n", r.Text())
	if page == "" {
		return nil
	}
	return r.Write(page)
}

// choose returns the rows of those names, or all if there are none.
func choose(all []rounds.Row, names string) ([]rounds.Row, error) {
	if names == "" {
		return all, nil
	}
	var chosen []rounds.Row
	for name := range strings.SplitSeq(names, ",") {
		found := len(chosen)
		var known []string
		for _, row := range all {
			if row.Name == name {
				chosen = append(chosen, row)
			}
			if len(known) == 0 || known[len(known)-1] != row.Name {
				known = append(known, row.Name)
			}
		}
		if len(chosen) == found {
			return nil, fmt.Errorf("there is no row %q: choose from %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}
