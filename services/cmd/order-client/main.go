// Command order-client sends one message and shows whether it was received first.
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
	var c order.Client
	process.Main(process.Program{
		Name:   "order-client",
		Manual: manual,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&c.Server, "server", "127.0.0.1:4400", "")
			f.StringVar(&c.TLS.Dir, "tls", "", "")
		},
		Check:   c.Parse,
		Prompts: func() bool { return false },
		Serve: func(ctx context.Context, p *process.Process) error {
			c.Screen, c.Log = p.Console.Out, p.Log
			return c.Run(ctx)
		},
		Health: func(ctx context.Context) error { return order.Probe(ctx, c.TLS, c.Server) },
	})
}
