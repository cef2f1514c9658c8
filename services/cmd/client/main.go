// Command client is a client of the chat.
package main

import (
	"context"
	_ "embed"
	"flag"
	"time"

	"peerlab/services/chat"
	"peerlab/services/internal/process"
)

//go:embed manual.txt
var manual string

func main() {
	var c chat.ClientConfig
	process.Main(process.Program{
		Name:   "client",
		Manual: manual,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&c.Server, "server", "127.0.0.1:4000", "")
			f.StringVar(&c.Host, "host", "127.0.0.1", "")
			f.Func("peer", "", func(addr string) error {
				c.Peers = append(c.Peers, addr)
				return nil
			})
			f.StringVar(&c.TLS.Dir, "tls", "", "")
			f.BoolVar(&c.TLS.Insecure, "insecure", false, "")
		},
		Check: c.Parse,
		Hint:  func() string { return "client " + c.ID + ": type a line to chat, /help lists commands" },
		Serve: func(ctx context.Context, p *process.Process) error {
			c.Incarnation = uint64(time.Now().UnixMicro())
			c.Screen, c.Input, c.Log = p.Console.Out, p.Console.In, p.Log
			client, err := chat.ListenClient(c)
			if err != nil {
				return err
			}
			p.Log.Info("listening on " + client.Addr())
			return client.Serve(ctx)
		},
		Health: func(ctx context.Context) error { return c.Probe(ctx, c.ListenAddr()) },
	})
}
