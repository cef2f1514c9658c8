// Command order-server decides which of two messages was received first.
package main

import (
	"context"
	_ "embed"
	"flag"

	"peerlab/services/internal/process"
	"peerlab/services/order"
)

//go:embed manual.txt
var manual string

func main() {
	var c order.ServerConfig
	process.Main(process.Program{
		Name:   "order-server",
		Manual: manual,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&c.Listen, "listen", "127.0.0.1:4400", "")
			f.IntVar(&c.Rounds, "rounds", 1, "")
			f.StringVar(&c.TLS.Dir, "tls", "", "")
			f.BoolVar(&c.TLS.Insecure, "insecure", false, "")
		},
		Check:   c.Check,
		Prompts: func() bool { return false },
		Serve: func(ctx context.Context, p *process.Process) error {
			c.Screen, c.Log = p.Console.Out, p.Log
			s, err := order.Listen(c)
			if err != nil {
				return err
			}
			p.Log.Info("listening on " + s.Addr())
			return s.Serve(ctx)
		},
		Health: func(ctx context.Context) error { return order.Probe(ctx, c.TLS, c.Listen) },
	})
}
