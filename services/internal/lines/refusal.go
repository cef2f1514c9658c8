package lines

import (
	"errors"
	"fmt"
	"strings"
)

// Refusal is the ERR line of a line protocol, sent or received: a code for
// programs and a reason for people. A Refusal made by [Refuse] or [ParseRefusal]
// holds no control characters.
type Refusal struct{ Code, Reason string }

// Refuse returns a refusal with a formatted reason, which may quote bytes that
// were received: it is escaped.
func Refuse(code, format string, args ...any) *Refusal {
	return &Refusal{code, string(Escape(nil, fmt.Appendf(nil, format, args...)))}
}

// ParseRefusal parses an ERR line, and reports whether line is one.
func ParseRefusal(line string) (*Refusal, bool) {
	rest, ok := strings.CutPrefix(string(Escape(nil, []byte(line))), "ERR ")
	if !ok {
		return nil, false
	}
	code, reason, _ := strings.Cut(rest, " ")
	return &Refusal{code, reason}, true
}

// IsRefusal reports whether err is a refusal with the given code.
func IsRefusal(err error, code string) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == code
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Reason }

// Line returns the ERR line, without its line end.
func (r *Refusal) Line() string { return "ERR " + r.Code + " " + r.Reason }
