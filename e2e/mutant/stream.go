package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"
)

// quiet is how long nothing is shown before a cheat is asked what it holds back.
const quiet = 2 * time.Second

// typeOn passes on what is typed, line by line.
func typeOn(in io.WriteCloser, c cheat) {
	typed := bufio.NewReader(os.Stdin)
	for {
		line, err := typed.ReadBytes('\n')
		if c.typed != nil && len(line) > 0 {
			c.typed()
		}
		if _, e := in.Write(line); e != nil {
			return // the program has ended
		}
		if err != nil {
			_ = in.Close()
			return
		}
	}
}

// showOn passes on what the program shows, until it shows no more.
func showOn(out io.Reader, c cheat) {
	lines := make(chan string)
	go func() {
		defer close(lines)
		in := bufio.NewReader(out)
		for {
			line, err := in.ReadString('\n')
			if line != "" {
				lines <- line
			}
			if err != nil {
				return
			}
		}
	}()
	idle := time.NewTimer(quiet)
	for {
		var show []string
		select {
		case line, ok := <-lines:
			if !ok {
				return
			}
			show = []string{line}
			if c.shown != nil {
				show = c.shown(line)
			}
			idle.Reset(quiet)
		case <-idle.C:
			if c.idle != nil {
				show = c.idle()
			}
		}
		for _, line := range show {
			fmt.Print(line)
		}
	}
}
