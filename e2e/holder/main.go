// Command holder waits for SIGTERM. A container of it, without a network of the
// engine's, keeps alive the network namespace that other containers join: see
// ../../lab/holder.go.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM) // which process 1 of a container otherwise ignores
	<-end
}
