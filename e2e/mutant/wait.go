package main

import (
	"bufio"
	"fmt"
	"net"
)

// wait is what a program does that writes to its peers one after the other and
// waits for each.
func wait(addresses []string) cheat {
	return cheat{typed: func() {
		for _, address := range addresses {
			for !answers(address) {
			}
		}
	}}
}

// answers waits, for as long as it takes, for the member at the address to show
// that it lives. One that is not there counts as well.
func answers(address string) bool {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return true
	}
	defer c.Close()
	if _, err := fmt.Fprintln(c, "PING are-you-well"); err != nil {
		return false
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	return err == nil && answer == "PONG are-you-well\n"
}
