package diskspace

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

func TestFreeOfMissingFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want, err := Free(dir)
	if err != nil || want <= 0 {
		t.Fatalf("%d octets free: %v", want, err)
	}
	// Other programs use the disk, too.
	got, err := Free(filepath.Join(dir, "later", "data"))
	if err != nil || got < want/2 || got > want*2 {
		t.Errorf("%d octets free below a missing folder, %d in its parent: %v", got, want, err)
	}
}

func TestReserve(t *testing.T) {
	t.Parallel()
	r := Reserve{Path: filepath.Join(t.TempDir(), "reserve"), Size: 3<<20 + 5}
	size := func() int64 {
		info, err := os.Stat(r.Path)
		if err != nil {
			return -1
		}
		return info.Size()
	}
	if used, err := r.Use(); used || err != nil {
		t.Errorf("a reserve that does not exist was used: %v, %v", used, err)
	}
	if err := r.Restore(math.MaxInt64 / 2); err != nil || size() != -1 {
		t.Errorf("created although too little is free: %d octets, %v", size(), err)
	}
	for range 2 {
		if err := r.Restore(0); err != nil || size() != r.Size {
			t.Errorf("%d octets in reserve, want %d: %v", size(), r.Size, err)
		}
	}
	if used, err := r.Use(); used || err != nil || size() != r.Size {
		t.Errorf("used although enough is free: %v, %v", used, err)
	}
	if err := os.Truncate(r.Path, 1); err != nil {
		t.Fatal(err)
	}
	if err := r.Restore(0); err != nil || size() != r.Size {
		t.Errorf("an incomplete reserve has %d octets afterwards: %v", size(), err)
	}
	full := r
	full.Size = math.MaxInt64 // more than is free
	if used, err := full.Use(); !used || err != nil || size() != -1 {
		t.Errorf("on a full disk: used %v, %d octets left, %v", used, size(), err)
	}
}
