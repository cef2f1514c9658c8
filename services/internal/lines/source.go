package lines

// Source returns the lines that are typed at a program, without their ends. It is
// for one goroutine at a time.
type Source interface {
	// Next returns the next line; it is valid until the next call. The errors are
	// ErrTooLong, after which SkipLine continues; io.EOF, if no line will follow;
	// any other, if the user has left and the program must exit.
	Next() ([]byte, error)
	// SkipLine drops the rest of a line that was too long.
	SkipLine() (int64, error)
	// Ready reports whether Next would return at once.
	Ready() bool
}
