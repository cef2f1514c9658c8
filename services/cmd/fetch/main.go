// Command fetch fetches files by name from the nodes that have them.
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
	var c relay.FetchCommand
	process.Main(process.Program{
		Name:   "fetch",
		Manual: manual,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&c.Dir, "o", "", "")
			f.BoolVar(&c.List, "list", false, "")
			f.BoolVar(&c.Raw, "raw", false, "")
			f.BoolVar(&c.First, "first", false, "")
			f.StringVar(&c.TLS.Dir, "tls", "", "")
		},
		Check:   c.Parse,
		Prompts: c.Prompts,
		Hint:    func() string { return "fetch: type the name of a file, Ctrl-D ends" },
		Serve: func(ctx context.Context, p *process.Process) error {
			c.Out, c.Err, c.Log, c.Terminal = p.Console.Out, p.Console.Err, p.Log, p.Console.Terminal
			p.Console.Prompt("File name: ")
			return c.Run(ctx, p.Console.In)
		},
		Health: c.Probe,
	})
}
