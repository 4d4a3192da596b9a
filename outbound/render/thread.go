package render

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"switchboard/desk"
	"switchboard/internal/imf"
)

// exchange returns the fields by which Exchange and Outlook group mail into conversations
// where References are not kept (MS-OXOMSG §2.2.1.2 and §2.2.1.3): the subject without
// "Re:", and the place of the mail in its conversation.
func exchange(m *desk.Message) []field {
	if m.ConversationID.IsZero() {
		return nil
	}
	return []field{{"Thread-Topic", encodeWords(imf.BaseSubject(imf.OneLine(m.Subject)))}, {"Thread-Index", threadIndex(m.ConversationID, m.MessageID, m.SentAt)}}
}

// threadIndex returns a ConversationIndex: for each conversation the same 22 octets, its
// beginning and a GUID, and then 5 octets for the reply, how much later it was sent.
func threadIndex(c desk.ConversationID, messageID string, sent time.Time) string {
	began := filetime(time.UnixMilli(int64(binary.BigEndian.Uint64(c[:8]) >> 16))) // of a UUID of version 7 (RFC 9562 §5.7)
	index := binary.BigEndian.AppendUint64(nil, began)[:6]
	index[0] = 1
	guid := sha256.Sum256(c[:])
	index = append(index, guid[:16]...)

	var later uint64
	if at := filetime(sent); at > began {
		later = at - began
	}
	delta := uint32(later>>18) & 0x7fffffff
	if later>>49 != 0 { // more than 1.7 years
		delta = uint32(later>>23)&0x7fffffff | 1<<31
	}
	index = binary.BigEndian.AppendUint32(index, delta)
	random := sha256.Sum256([]byte(messageID))
	return base64.StdEncoding.EncodeToString(append(index, random[0]&0xf0))
}

// filetime returns the 100 ns intervals since 1601 (MS-DTYP §2.3.3).
func filetime(t time.Time) uint64 {
	const epoch = 116444736000000000 // 1970
	return uint64(t.UnixNano()/100 + epoch)
}
