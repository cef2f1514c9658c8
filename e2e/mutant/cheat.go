package main

import (
	"os"
	"os/exec"
	"strings"
)

// cheat is what is done besides. Its hooks may be nil.
type cheat struct {
	begin func() error               // before the program starts
	typed func()                     // before a typed line is passed on
	shown func(line string) []string // what to show now instead of a line, which ends with its LF
	idle  func() []string            // what to show when nothing has come for a while
}

// cheats makes each kind, given what follows its =, and the program.
var cheats = map[string]func(option string, program *exec.Cmd) cheat{
	"honest":          func(string, *exec.Cmd) cheat { return cheat{} },
	"duplicate":       func(string, *exec.Cmd) cheat { return duplicate() },
	"swap":            func(string, *exec.Cmd) cheat { return swap() },
	"drop-last":       func(string, *exec.Cmd) cheat { return dropLast() },
	"answer-first":    func(string, *exec.Cmd) cheat { return answerFirst() },
	"wait":            func(addresses string, _ *exec.Cmd) cheat { return wait(strings.Split(addresses, ",")) },
	"forget-registry": func(_ string, program *exec.Cmd) cheat { return forgetRegistry(program.Args) },
	"return-twice":    func(string, *exec.Cmd) cheat { return returnTwice() },
}

// chat parses a line that was typed at a member; ok is false for those of the
// programs themselves.
func chat(line string) (who, text string, ok bool) {
	who, text, ok = strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
	if strings.HasPrefix(line, "* ") {
		return "", "", false
	}
	switch text {
	case "initiated.", "initiated", "terminated.", "reconnected":
		return "", "", false
	}
	return who, text, ok
}

func duplicate() cheat {
	n := 0
	return cheat{shown: func(line string) []string {
		if _, _, ok := chat(line); ok {
			n++
		}
		if n == 3 {
			n++
			return []string{line, line}
		}
		return []string{line}
	}}
}

func swap() cheat {
	var held string
	done := false
	release := func() []string {
		line := held
		held = ""
		return []string{line}
	}
	return cheat{
		shown: func(line string) []string {
			who, _, ok := chat(line)
			if !ok || done {
				return append(release(), line)
			}
			if before, _, _ := chat(held); before == who {
				done = true
				return append([]string{line}, release()...)
			}
			show := release()
			held = line
			return show
		},
		idle: release,
	}
}

func dropLast() cheat {
	var held string
	return cheat{shown: func(line string) []string {
		if !strings.HasPrefix(line, "Server: ") {
			return []string{line}
		}
		if _, _, ok := chat(line); !ok {
			held = ""
			return []string{line}
		}
		show := []string{held}
		held = line
		return show
	}}
}

// answerFirst knows an answer by the word "re" and the first word of the line
// that is answered.
func answerFirst() cheat {
	var held string
	release := func() []string {
		line := held
		held = ""
		return []string{line}
	}
	return cheat{
		shown: func(line string) []string {
			_, text, ok := chat(line)
			if !ok {
				return append(release(), line)
			}
			if _, question, ok := chat(held); ok {
				first, _, _ := strings.Cut(question, " ")
				if strings.Contains(text+" ", " re "+first+" ") {
					return append([]string{line}, release()...)
				}
			}
			show := release()
			held = line
			return show
		},
		idle: release,
	}
}

func returnTwice() cheat {
	return cheat{shown: func(line string) []string {
		if strings.HasSuffix(line, ": reconnected\n") {
			return []string{line, line}
		}
		return []string{line}
	}}
}

func forgetRegistry(args []string) cheat {
	return cheat{begin: func() error {
		for i, arg := range args[:len(args)-1] {
			if arg == "-registry" {
				return os.RemoveAll(args[i+1])
			}
		}
		return nil
	}}
}
