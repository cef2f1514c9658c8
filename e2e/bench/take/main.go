// Command take asks a server for files, drops their bytes, and says how long
// that took. The same code reads from every server, in the protocol of each.
//
//	take [flags] HOST:PORT NAME...
//
// Each file is asked for over a connection of its own. A line of JSON says what
// came: {"files": 1, "bytes": 1073741824, "seconds": 0.43}
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("take: ")
	var c crew
	flag.IntVar(&c.atOnce, "at-once", 1, "connections at a time")
	flag.BoolVar(&c.together, "together", false, "take no byte of a file before all have been announced; -at-once is how many there are")
	flag.BoolVar(&c.truncate, "truncate", false, "have the kernel drop the bytes, to ask for more than could be read")
	flag.StringVar(&c.source, "source", "", "`IP` to connect from")
	protocol := flag.String("protocol", "relay", "relay or http")
	flag.Parse()
	names := flag.Args()
	known, err := dialectOf(*protocol)
	switch {
	case err != nil:
		log.Fatal(err)
	case len(names) < 2:
		log.Fatal("HOST:PORT and at least one NAME are wanted")
	case c.together && c.atOnce != len(names)-1:
		log.Fatalf("-together wants -at-once %d, as many as there are names", len(names)-1)
	}
	c.addr, c.dialect = names[0], known
	took, err := c.take(names[1:])
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(took); err != nil {
		log.Fatal(fmt.Errorf("say what came: %w", err))
	}
}
