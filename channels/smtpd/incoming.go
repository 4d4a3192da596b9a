package smtpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"switchboard/desk"
)

const (
	leastBuffer = 16 << 10
	// maxBuffer is what a message takes in memory while it is being received. What
	// exceeds it is kept in a temporary file: a slow sender must not occupy the memory
	// that others need, and several that grow at once must not wait for each other.
	maxBuffer = 256 << 10
)

// incoming is the content of a message while it is received and journaled.
type incoming struct {
	server  *Server
	raw     *desk.Raw
	buf     []byte // trace field and content, after what is in file
	trace   int    // octets of the trace field
	file    *os.File
	spooled int64  // octets in file
	share   int64  // of Server.buffered
	release func() // gives back what Config.Reserve reserved
}

// newIncoming returns the content of a message whose trace field is raw.Bytes, and whose
// announced size is raw.Size.
func newIncoming(server *Server, raw *desk.Raw) *incoming {
	return &incoming{server: server, raw: raw, buf: raw.Bytes, trace: len(raw.Bytes), release: func() {}}
}

// close gives everything back that the message occupies.
func (in *incoming) close() {
	in.server.buffered.Add(-in.share)
	in.removeFile()
	// The garbage collector runs before others get the memory, and must find it free.
	in.buf, in.raw.Bytes = nil, nil
	in.release()
}

// read reads the content. consumed is called whenever octets were read.
func (in *incoming) read(r io.Reader, consumed func()) error {
	want := in.trace + int(min(max(in.raw.Size+1, leastBuffer), maxBuffer))
	for {
		if err := in.makeRoom(want); err != nil {
			return err
		}
		want = 0
		n, err := r.Read(in.buf[len(in.buf):cap(in.buf)])
		in.buf = in.buf[:len(in.buf)+n]
		consumed()
		if in.spooled+int64(len(in.buf)-in.trace) > in.server.cfg.MaxSize {
			return errTooLarge
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// makeRoom makes room in the buffer, if it is full or smaller than want.
func (in *incoming) makeRoom(want int) error {
	if len(in.buf) < cap(in.buf) && cap(in.buf) >= want {
		return nil
	}
	if len(in.buf) >= maxBuffer {
		return in.spool()
	}
	grown := make([]byte, len(in.buf), max(want, min(2*len(in.buf), in.trace+maxBuffer)))
	copy(grown, in.buf)
	more := int64(cap(grown)) - in.share
	in.buf, in.share = grown, int64(cap(grown))
	if in.server.buffered.Add(more) > in.server.cfg.MaxBuffered {
		return errBusy
	}
	return nil
}

// spool moves the buffer to the file.
func (in *incoming) spool() error {
	n := int64(len(in.buf))
	if in.spooled += n; in.server.spooled.Add(n) > in.server.cfg.MaxSpooled {
		return errBusy
	}
	if in.file == nil {
		file, err := os.CreateTemp("", "switchboard-mail-")
		if err != nil {
			return fmt.Errorf("%w: %w", errNoStorage, err)
		}
		in.file = file
		os.Remove(file.Name()) // where an open file may be removed, a crash leaves none behind
	}
	if _, err := in.file.Write(in.buf); err != nil {
		return fmt.Errorf("%w: %w", errNoStorage, err)
	}
	in.buf = in.buf[:0]
	return nil
}

// load sets raw.Bytes, and returns the content without the trace field. A large message
// waits for memory first.
func (in *incoming) load(ctx context.Context) ([]byte, error) {
	if in.file != nil {
		ctx, cancel := context.WithTimeout(ctx, in.server.cfg.ReserveTimeout)
		defer cancel()
		release, err := in.server.cfg.Reserve(ctx, in.spooled+int64(len(in.buf)))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNoMemory, err)
		}
		in.release = release
		whole := make([]byte, in.spooled+int64(len(in.buf)))
		if _, err := in.file.ReadAt(whole[:in.spooled], 0); err != nil {
			return nil, fmt.Errorf("%w: %w", errNoStorage, err)
		}
		copy(whole[in.spooled:], in.buf)
		in.removeFile()
		in.buf = whole
	}
	in.raw.Bytes, in.raw.Size = in.buf, int64(len(in.buf))
	return in.buf[in.trace:], nil
}

// removeFile removes the file, if there is one.
func (in *incoming) removeFile() {
	in.server.spooled.Add(-in.spooled)
	in.spooled = 0
	if in.file != nil {
		in.file.Close()
		os.Remove(in.file.Name())
		in.file = nil
	}
}
