// Command room-server sends every line of a client to all other clients.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"time"
	_ "time/tzdata" // the image has no time zone files, which TZ needs

	"peerlab/services/internal/process"
	"peerlab/services/room"
)

//go:embed manual.txt
var manual string

func main() {
	c := room.Config{Now: time.Now}
	process.Main(process.Program{
		Name:   "room-server",
		Manual: manual,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&c.Listen, "listen", "127.0.0.1:3823", "")
			f.IntVar(&c.History, "history", 0, "")
			f.StringVar(&c.TLS.Dir, "tls", "", "")
			f.BoolVar(&c.TLS.Insecure, "insecure", false, "")
		},
		Check: func(args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%q is one argument too many", args[0])
			}
			return c.Check()
		},
		Prompts: func() bool { return false },
		Serve: func(ctx context.Context, p *process.Process) error {
			c.Screen, c.Log = p.Console.Out, p.Log
			s, err := room.Listen(c)
			if err != nil {
				return err
			}
			p.Log.Info("listening on " + s.Addr())
			return s.Serve(ctx)
		},
		Health: func(ctx context.Context) error { return room.Probe(ctx, c.TLS, c.Listen) },
	})
}
