// Command room-client connects a terminal to a chat room.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"

	"peerlab/services/internal/process"
	"peerlab/services/internal/tcp"
	"peerlab/services/room"
)

//go:embed manual.txt
var manual string

func main() {
	var c room.Client
	process.Main(process.Program{
		Name:   "room-client",
		Manual: manual,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&c.Server, "server", "127.0.0.1:3823", "")
			f.StringVar(&c.TLS.Dir, "tls", "", "")
		},
		Check: func(args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%q is one argument too many", args[0])
			}
			return tcp.CheckAddr(c.Server)
		},
		Hint: func() string { return "room-client: type a line to chat, /help lists commands" },
		Serve: func(ctx context.Context, p *process.Process) error {
			c.Screen, c.Input, c.Log = p.Console.Out, p.Console.In, p.Log
			p.Console.Prompt("You: ")
			return c.Run(ctx)
		},
		Health: func(ctx context.Context) error { return room.Probe(ctx, c.TLS, c.Server) },
	})
}
