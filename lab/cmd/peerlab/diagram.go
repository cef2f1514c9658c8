package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"

	"peerlab/lab/diagram"
	"peerlab/lab/event"
	"peerlab/lab/grade"
)

// draw is the command diagram.
func draw(args []string, out, log io.Writer) int {
	flags := flag.NewFlagSet("peerlab diagram", flag.ContinueOnError)
	flags.SetOutput(log)
	all := flags.Bool("all", false, "draw the whole record, not the possible past of one event")
	around := flags.String("around", "", "the event: its line in the record, or a text in it; default: where the scenario failed, or the last line on a screen")
	most := flags.Int("most", diagram.MostEvents, "draw at most so many events of the past")
	realTime := flags.Bool("time", false, "equal times have equal heights")
	to := flags.String("o", "", "the file; default: standard output")
	if status, ok := parse(flags, args); !ok {
		return status
	}
	s := setup{log: log}
	if flags.NArg() != 1 {
		return s.wrong(fmt.Errorf("give one record: peerlab diagram events.jsonl"))
	}
	file, err := os.Open(flags.Arg(0))
	if err != nil {
		return s.wrong(err)
	}
	defer file.Close()
	events, err := event.Read(file)
	if len(events) == 0 {
		return s.wrong(fmt.Errorf("%s is no record of a run: %w", flags.Arg(0), err))
	}
	if err != nil {
		fmt.Fprintf(log, "peerlab: %s: the record is used up to event %d: %v\n", flags.Arg(0), len(events), err)
	}
	r := diagram.New(events)
	slice := r.All()
	if !*all {
		point, ok := choose(r, *around)
		if !ok {
			return s.wrong(fmt.Errorf("the record has %d events, and none is %q: give its line, or a text that is in it", len(events), *around))
		}
		slice = r.Around([]diagram.Point{point}, *most)
	}
	picture := r.Draw(slice, diagram.Options{RealTime: *realTime})
	fmt.Fprintln(log, r.Says(slice))
	if *to == "" {
		_, err = out.Write(picture)
	} else {
		err = grade.WriteFile(*to, picture)
	}
	if err != nil {
		return s.broken(err)
	}
	return done
}

// choose returns the point that a diagram is about.
func choose(r *diagram.Run, around string) (diagram.Point, bool) {
	if around == "" {
		return r.Failure()
	}
	if line, err := strconv.Atoi(around); err == nil {
		return r.Number(line)
	}
	return r.Last(around)
}
