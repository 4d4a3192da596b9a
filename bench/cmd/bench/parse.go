package main

import (
	"fmt"
	"time"

	"switchboard/bench/limit"
	"switchboard/bench/score"
	"switchboard/bench/table"
	"switchboard/desk"
	"switchboard/normalize"
)

// ours is the product's parser, with everything that is stored of a message.
func ours(raw []byte) (string, error) {
	m, err := normalize.Message(desk.Raw{Channel: desk.ChannelEmail, ReceivedAt: time.Unix(1_790_000_000, 0), Bytes: raw})
	return m.TextBody + " " + m.HTMLBody, err
}

// parsed runs a parser over the corpus and counts incorrectly decoded texts.
func (r *run) parsed(p limit.Parser) (cost limit.Cost, wrong int) {
	cost, err := limit.Parse(r.raws, p, func(i int, text string) {
		if !score.Holds(text, r.mails[i].Text) {
			wrong++
		}
	})
	r.must(err)
	return cost, wrong
}

// parse measures parsing the corpus on one core, next to other parsers.
func (r *run) parse() {
	var size float64
	for _, raw := range r.raws {
		size += float64(len(raw))
	}
	cost, wrong := r.parsed(ours)
	enmime, enmimeWrong := r.parsed(limit.Enmime)
	goMessage, goMessageWrong := r.parsed(limit.GoMessage)
	r.table.Add("parse, on one core", fmt.Sprintf("%.0f MB/s, %.0f/s", size/float64(cost.N)/cost.Each().Seconds()/1e6, 1/cost.Each().Seconds()))
	r.table.Add("parse, CPU per message", table.Short(cost.Each())).
		Beside(table.Short(enmime.Each())+" enmime without conversions", float64(enmime.Each())/float64(cost.Each()))
	r.table.Add("", "").Beside(table.Short(goMessage.Each())+" go-message", float64(goMessage.Each())/float64(cost.Each()))
	l := r.table.Add("texts decoded incorrectly", fmt.Sprintf("%d of %d", wrong, len(r.mails)))
	l.Limit = fmt.Sprintf("%d enmime, %d go-message", enmimeWrong, goMessageWrong)
	l.Want("0", wrong == 0)
}
