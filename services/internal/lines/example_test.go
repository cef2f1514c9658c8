package lines_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"peerlab/services/internal/lines"
)

// A stream with a line that is too long, and a last line that was cut off.
func ExampleReader() {
	in := lines.NewReader(strings.NewReader("hello\r\nmuch too long\nworld\ncut o"), 8)
	for {
		line, err := in.Next()
		switch {
		case err == nil:
			fmt.Printf("line %q\n", line)
		case errors.Is(err, lines.ErrTooLong):
			n, _ := in.SkipLine()
			fmt.Println("dropped", n, "bytes")
		case errors.Is(err, io.ErrUnexpectedEOF):
			fmt.Printf("cut off: %q\n", in.Rest())
			return
		default:
			fmt.Println(err)
			return
		}
	}
	// Output:
	// line "hello"
	// dropped 14 bytes
	// line "world"
	// cut off: "cut o"
}

func ExampleEscape() {
	fmt.Printf("%s\n", lines.Escape(nil, []byte("caf\u00e9 \x1b[2J \u202e")))
	// Output: café \x1b[2J \u202e
}
