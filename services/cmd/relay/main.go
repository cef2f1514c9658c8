// Command relay keeps the list of the nodes that have files.
package main

import (
	"context"
	_ "embed"
	"flag"

	"peerlab/services/internal/process"
	"peerlab/services/relay"
)

//go:embed manual.txt
var manual string

func main() {
	var c relay.Config
	process.Main(process.Program{
		Name:   "relay",
		Manual: manual,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&c.Listen, "listen", "", "")
			f.StringVar(&c.TLS.Dir, "tls", "", "")
			f.BoolVar(&c.TLS.Insecure, "insecure", false, "")
		},
		Check:   c.Parse,
		Prompts: func() bool { return false },
		Serve: func(ctx context.Context, p *process.Process) error {
			c.Log = p.Log
			r, err := relay.Listen(c)
			if err != nil {
				return err
			}
			p.Log.Info("listening on " + r.Addr())
			return r.Serve(ctx)
		},
		Health: c.Probe,
	})
}
