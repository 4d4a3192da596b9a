package mailauth

import (
	"strings"
	"testing"
)

func TestUpstream(t *testing.T) {
	const edge = "Received: from evil (unknown [203.0.113.9]) by relay.example; Sat, 21 Nov 2026 10:00:00 +0000\r\n"
	const mail = "Authentication-Results: relay.example;\r\n\tspf=pass smtp.mailfrom=a@b.example; x-spam=fail\r\n" +
		"Authentication-Results: Relay.example 1; dmarc=pass (p=NONE) header.from=b.example\r\n" +
		"Authentication-Results: mx.evil.example; dmarc=pass header.from=victim.example\r\n" + edge +
		"From: a@b.example\r\n\r\n"
	const forged = "Authentication-Results: relay.example; dmarc=pass header.from=victim.example\r\n"
	const genuine = "Authentication-Results: relay.example; dmarc=fail header.from=victim.example\r\n"
	const both = "relay.example; spf=pass smtp.mailfrom=a@b.example; dmarc=pass header.from=b.example policy.dmarc=none"
	const failed = "relay.example; dmarc=fail header.from=victim.example"
	const end = "From: a@victim.example\r\n\r\n"
	for name, test := range map[string]struct{ mail, names, want string }{
		"the relay's fields":            {mail, "relay.example", both},
		"one of two relays":             {mail, "RELAY.example other.example", both},
		"another relay":                 {mail, "other.example", ""},
		"no relay":                      {mail, "", ""},
		"in the body":                   {"From: a@b.example\r\n\r\nAuthentication-Results: relay.example; spf=pass\r\n", "relay.example", ""},
		"no results":                    {"Authentication-Results: relay.example; none\r\n\r\n", "relay.example", "relay.example; none"},
		"a forged field below":          {"Authentication-Results: relay.example; spf=fail\r\n" + edge + forged + end, "relay.example", "relay.example; spf=fail"},
		"a line that is no field":       {strings.Replace(mail, "From:", "no field\r\nFrom:", 1), "relay.example", both},
		"a blank continuation":          {"Authentication-Results: relay.example; spf=pass\r\n \r\n\r\n", "relay.example", ""},
		"after a line that is no field": {"no field\r\n" + mail, "relay.example", ""},

		"only a forged field":                     {edge + forged + end, "relay.example", ""},
		"below a field of another name":           {"Return-Path: <a@b.example>\r\n" + edge + "Received-SPF: pass\r\n" + forged + end, "relay.example", ""},
		"below a Received field by another host":  {"Received: from evil.example (evil.example [203.0.113.9])\r\n\tby mx7.relay.example (Postfix)\r\n" + forged + end, "relay.example", ""},
		"the client calls itself localhost":       {"Received: from localhost (unknown [203.0.113.9]) by relay.example\r\n" + forged + end, "relay.example", ""},
		"the client calls itself an own address":  {"Received: from [127.0.0.1] (unknown [203.0.113.9]) by relay.example\r\n" + forged + end, "relay.example", ""},
		"the client calls itself the relay":       {"Received: from relay.example (unknown [203.0.113.9]) by relay.example\r\n" + forged + end, "relay.example", ""},
		"a name that may be forged":               {"Received: from x (relay.example [203.0.113.9] (may be forged)) by relay.example\r\n" + forged + end, "relay.example", ""},
		"a client without an address":             {"Received: from localhost by relay.example\r\n" + forged + end, "relay.example", ""},
		"Exim, with the address outside":          {"Received: from [203.0.113.9] (helo=[127.0.0.1]) by relay.example\r\n" + forged + end, "relay.example", ""},
		"qmail":                                   {"Received: from unknown (HELO [127.0.0.1]) (203.0.113.9) by relay.example\r\n" + forged + end, "relay.example", ""},
		"an IPv6 client":                          {"Received: from x (x [IPv6:2001:db8::9]) by relay.example\r\n" + forged + end, "relay.example", ""},
		"below a content filter on the relay":     {"Received: from localhost (localhost [127.0.0.1]) by relay.example\r\n" + genuine + edge + forged + end, "relay.example", failed},
		"below a machine of the site":             {"Received: from mx5 (mx5.relay.example [10.2.2.43]) by store.internal\r\n" + genuine + edge + forged + end, "relay.example", failed},
		"below a named machine of the site":       {"Received: from mx (mx.relay.example [198.51.100.4]) by store\r\n" + genuine + edge + end, "relay.example mx.relay.example", failed},
		"below qmail's own field":                 {"Received: (qmail 12 invoked by uid 0)\r\n" + genuine + edge + forged + end, "relay.example", failed},
		"below an internal hop, only a forgery":   {"Received: from localhost (localhost [::1]) by relay.example\r\n" + edge + forged + end, "relay.example", ""},
		"a provider that puts its field below":    {"Received: by 2002:a05:7000:1 with SMTP id x\r\nARC-Authentication-Results: i=1; relay.example; dmarc=fail header.from=victim.example\r\n" + edge + forged + end, "relay.example", failed},
		"a forged seal":                           {edge + "ARC-Authentication-Results: i=1; relay.example; dmarc=pass header.from=victim.example\r\n" + end, "relay.example", ""},
		"the field itself counts before the seal": {genuine + "ARC-Authentication-Results: i=1; relay.example; dmarc=pass header.from=victim.example\r\n" + edge + end, "relay.example", failed},
	} {
		got, ok := Upstream([]byte(test.mail), strings.Fields(test.names))
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%s: %q, %t; want %q", name, got, ok, test.want)
		}
	}
}
