// Command crowd is many clients of a room in one process: some talk, all
// listen, and it says how many lines came and how long that took.
//
//	crowd -protocol NAME -how fan|each|people|idle [-n 100] [-for 700ms] [-pid PID] HOST:PORT
//
// With fan one client talks to n others, many lines with each write; with each,
// n+1 clients talk, one line with each write; both for as long as -for says, and
// as fast as the slowest listener can take it. With people, n clients say five
// lines a second each. With idle, n clients say a line each and then nothing.
//
// It counts only once everybody has heard from everybody. -pid is a process
// whose processor time is taken meanwhile.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"time"
)

// came is what a crowd says in the end.
type came struct {
	Lines     int     `json:"lines"` // heard, by all together
	Seconds   float64 `json:"seconds"`
	ServerCPU float64 `json:"server_cpu"` // seconds
	ClientCPU float64 `json:"client_cpu"`
	Memory    float64 `json:"memory"` // bytes of the server for each client
	P50       float64 `json:"p50"`    // seconds from when a line was to be said until it was heard
	P99       float64 `json:"p99"`
	P999      float64 `json:"p999"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("crowd: ")
	var o options
	flag.StringVar(&o.protocol, "protocol", "lines", "lines, nats, nats.go or irc")
	flag.StringVar(&o.how, "how", "fan", "fan, each, people or idle")
	flag.IntVar(&o.n, "n", 100, "how many listen")
	flag.DurationVar(&o.duration, "for", 700*time.Millisecond, "how long to talk")
	flag.IntVar(&o.pid, "pid", 0, "the server's process `ID`")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("HOST:PORT is wanted")
	}
	o.addr = flag.Arg(0)
	result, err := o.run()
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(fmt.Errorf("say what came: %w", err))
	}
}
