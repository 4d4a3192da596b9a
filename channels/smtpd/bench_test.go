package smtpd

import (
	"context"
	"os"
	"strconv"
	"testing"

	"github.com/google/uuid"

	"switchboard/desk"
	"switchboard/internal/mailtest"
)

// syncedFile is a journal that writes each mail to a file and syncs it: the minimum
// that any durable journal does.
type syncedFile struct{ *os.File }

func (f syncedFile) Accept(_ context.Context, raw desk.Raw) (desk.Receipt, error) {
	if _, err := f.Write(raw.Bytes); err != nil {
		return desk.Receipt{}, err
	}
	return desk.Receipt{ID: desk.RawID(uuid.UUID(raw.ID))}, f.Sync()
}

// BenchmarkReceive measures the durable acceptance of mails of 25 kB from smtp-source.
func BenchmarkReceive(b *testing.B) {
	for _, sessions := range []int{1, 16} {
		b.Run(strconv.Itoa(sessions)+"sessions", func(b *testing.B) {
			file, err := os.Create(b.TempDir() + "/journal")
			if err != nil {
				b.Fatal(err)
			}
			defer file.Close()
			s := newServer(b, nil)
			addr, err := s.Listen()
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			done := make(chan error, 1)
			go func() { done <- s.Run(ctx, syncedFile{file}) }()
			b.SetBytes(25_000)
			b.ResetTimer()
			mailtest.SMTPSource(b, addr.String(), "-d", "-m", strconv.Itoa(b.N), "-s", strconv.Itoa(min(sessions, b.N)), "-l", "25000", "-f", customer, "-t", support)
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
			cancel()
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		})
	}
}
