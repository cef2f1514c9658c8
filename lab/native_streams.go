package lab

import (
	"errors"
	"io"
	"os"
)

// nativeIn is the input of a native program.
type nativeIn interface {
	input
	// release is to be called once the program has ended.
	release()
}

// connect gives the command its stdin, stdout and stderr: pipes, or a terminal and
// a pipe for stderr. The ends returned are the program's; the caller closes them.
// They are pipes of the lab's own because only a file's writes can have a
// deadline, and because whatever a program wrote before its end must be read,
// however late.
func (r *nativeRun) connect(terminal bool, stdout, stderr io.Writer) (ends []*os.File, err error) {
	if terminal {
		return r.connectTerminal(stdout, stderr)
	}
	in, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ends = append(ends, in)
	r.cmd.Stdin, r.in = in, nativeInput{input}
	end, err := r.connectOutput(0, stdout)
	if err != nil {
		return ends, err
	}
	ends = append(ends, end)
	r.cmd.Stdout = end
	return r.connectStderr(ends, stderr)
}

func (r *nativeRun) connectStderr(ends []*os.File, stderr io.Writer) ([]*os.File, error) {
	end, err := r.connectOutput(1, stderr)
	if err != nil {
		return ends, err
	}
	r.cmd.Stderr = end
	return append(ends, end), nil
}

// connectOutput makes a pipe for an output and returns the program's end of it.
func (r *nativeRun) connectOutput(i int, to io.Writer) (*os.File, error) {
	out, end, err := newPipeOut(to)
	if err != nil {
		return nil, err
	}
	r.outputs[i] = out
	return end, nil
}

// discard closes the lab's ends of a process that was not started.
func (r *nativeRun) discard() {
	if r.in != nil {
		r.in.release()
	}
	for _, o := range r.outputs {
		if o != nil {
			_ = o.pipe.Close()
		}
	}
}

// nativeInput is a pipe.
type nativeInput struct{ *os.File }

// close is no error when the program's end was first.
func (i nativeInput) close() error {
	if err := i.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

func (i nativeInput) release() { _ = i.Close() }
