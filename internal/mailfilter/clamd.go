package mailfilter

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"
)

// Clamd is a client of ClamAV's daemon (clamd(8)).
type Clamd struct{ network, addr string }

// NewClamd returns a client of the clamd at addr, which is host:port or the
// absolute path of a Unix socket.
func NewClamd(addr string) *Clamd {
	if filepath.IsAbs(addr) {
		return &Clamd{"unix", addr}
	}
	return &Clamd{"tcp", addr}
}

// Check returns the name of the malware found in a message, "" if none.
func (c *Clamd) Check(ctx context.Context, content []byte) (found string, err error) {
	if len(content) == 0 {
		return "", nil // an empty chunk would end the stream
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, c.network, c.addr)
	if err != nil {
		return "", fmt.Errorf("clamd: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	// clamd may answer and close the connection before it has read everything. The
	// answer then explains more than the write error.
	_, sent := (&net.Buffers{[]byte("zINSTREAM\x00"), size(len(content)), content, size(0)}).WriteTo(conn)
	const limit = 4096
	answer, err := io.ReadAll(io.LimitReader(conn, limit))
	text := strings.TrimSpace(strings.TrimPrefix(strings.TrimRight(string(answer), "\x00\n"), "stream:"))
	if name, ok := strings.CutSuffix(text, " FOUND"); ok {
		return name, nil
	}
	if text == "OK" && sent == nil {
		return "", nil
	}
	if text != "" {
		return "", fmt.Errorf("clamd: %q", text)
	}
	return "", fmt.Errorf("clamd did not answer: %w", errors.Join(sent, err, ctx.Err(), io.ErrUnexpectedEOF))
}

// size encodes the length of a chunk, in network byte order.
func size(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// Ping checks that clamd is running.
func (c *Clamd) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, c.network, c.addr)
	if err != nil {
		return fmt.Errorf("clamd: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err := io.WriteString(conn, "zPING\x00"); err != nil {
		return fmt.Errorf("clamd: %w", err)
	}
	answer := make([]byte, len("PONG\x00"))
	n, err := io.ReadFull(conn, answer)
	if text := strings.TrimRight(string(answer[:n]), "\x00"); n > 0 && text != "PONG" {
		return fmt.Errorf("%w: %q", ErrWrongServer, text)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
