package localpg

import (
	"path/filepath"

	"switchboard/internal/diskspace"
)

// reserveSize is more than a server writes when it starts, a segment of its
// write-ahead log included.
const reserveSize = 64 << 20

func (p *place) reserve() diskspace.Reserve {
	return diskspace.Reserve{Path: filepath.Join(p.home, "reserve"), Size: reserveSize}
}

// useReserve gives the server the space that it needs to start on a full disk.
func (c *Cluster) useReserve() {
	switch used, err := c.place.reserve().Use(); {
	case err != nil:
		c.log.Warn("DiskReserveFailed", "error", err)
	case used:
		c.log.Warn("DiskReserveUsed", "folder", c.place.home, "advice", "free some space: the database could not start without its reserve")
	}
}

// FreeSpace returns the octets that are free for the database.
func (c *Cluster) FreeSpace() (int64, error) { return diskspace.Free(c.place.data) }

// Folder returns the folder of the database.
func (c *Cluster) Folder() string { return c.place.home }

// KeepReserve sets some space aside for starting on a full disk, once there is more
// than keep besides.
func (c *Cluster) KeepReserve(keep int64) error {
	if c.cfg.Ephemeral {
		return nil
	}
	return c.place.reserve().Restore(keep)
}
