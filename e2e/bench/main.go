// Command bench measures the real programs, each as a process of its own,
// against others that do the same work, all in one run:
//
//	go run . [-o DOCS] [-rows big,save,...] [-patience 3m]
//
// It prints a table; with -o it writes benchmarks.md and a plot into that
// folder. It reports and judges nothing: whatever the numbers are, it succeeds.
// Everything happens on 127.0.0.1 and in a temporary folder that it removes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	docs := flag.String("o", "", "`folder` to write benchmarks.md and benchmarks/ into")
	rows := flag.String("rows", "", "`which` to measure, with commas between them; all of them if empty")
	patience := flag.Duration("patience", 0, "how `long` to wait, for each table, for moments in which no other process is at work")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *docs, *rows, *patience); err != nil {
		if ctx.Err() != nil {
			err = errors.New("stopped; nothing has been written")
		}
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, docs, rows string, patience time.Duration) error {
	switch {
	case flag.NArg() > 0:
		return fmt.Errorf("%q is one argument too many", flag.Arg(0))
	case docs != "" && rows != "":
		return errors.New("-o describes the whole run: leave -rows away")
	}
	if docs != "" {
		if info, err := os.Stat(docs); err != nil || !info.IsDir() {
			return fmt.Errorf("-o %s is not a folder", docs)
		}
	}
	var wanted []string
	if rows != "" {
		wanted = strings.Split(rows, ",")
	}
	chosen, err := choose(parts(), wanted)
	if err != nil {
		return err
	}
	lab, err := newLab(ctx, patience)
	if err != nil {
		return err
	}
	defer lab.close()
	return measure(ctx, lab, chosen, docs)
}
