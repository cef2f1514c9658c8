package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"peerlab/e2e/bench/internal/report"
)

// part is one of the things that are measured.
type part struct {
	name   string
	system string                                                     // the section of the page
	run    func(ctx context.Context, l *lab, s *report.Section) error // adds to s what came of it
}

// parts are all of them, in the order in which they run.
func parts() []part {
	return []part{
		{"big", "relay", bigFile},
		{"save", "relay", saveInMemory},
		{"disk", "relay", saveOnDisk},
		{"small", "relay", smallFiles},
		{"memory", "relay", memory},
		{"talk", "chat", talkSmall},
		{"talk-1k", "chat", talkBig},
		{"talk-all", "chat", talkAll},
		{"talk-latency", "chat", talkLatency},
		{"return", "chat", serverReturns},
		{"join", "chat", meshJoins},
		{"memory-chat", "chat", clientMemory},
		{"growth", "chat", growth},
		{"fan", "room", roomFan},
		{"each", "room", roomEach},
		{"people", "room", roomPeople},
		{"idle", "room", roomMemory},
		{"up", "containers", upRow},
	}
}

// choose returns the parts of those names, or all if there are none.
func choose(all []part, names []string) ([]part, error) {
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, p := range all {
		known = append(known, p.name)
	}
	var chosen []part
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, fmt.Errorf("-rows %s: there are %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// measure runs the parts, prints what came of them, and writes it to docs.
func measure(ctx context.Context, l *lab, chosen []part, docs string) error {
	run := report.Run{Begun: time.Now(), Facts: facts(ctx)}
	before := load()
	for _, p := range chosen {
		l.say(p.name + " ...")
		if err := p.run(ctx, l, run.Section(p.system)); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	run.Took = time.Since(run.Begun)
	run.Facts = append(run.Facts, report.Fact{Name: "processes that wanted to run (load), before and after", Value: before + ", " + load()})
	fmt.Print("\n", run.Tables())
	if docs == "" {
		return nil
	}
	if err := run.Write(docs); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "bench: written to %s/benchmarks.md\n", strings.TrimSuffix(docs, "/"))
	return nil
}
