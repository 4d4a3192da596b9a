package doctor_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/doctor"
	"switchboard/internal/dbtest"
	"switchboard/router"
)

// TestHolidays: the calendars that the policy names are read.
func TestHolidays(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cfg := config.Defaults()
	cfg.Addr, cfg.DB.URL, cfg.Policy = "127.0.0.1:0", dbtest.New(t), filepath.Join(folder, "policy.yaml")
	cfg.Mail.Addresses = []string{"support@desk.example"}
	document := strings.Replace(string(router.Default), "timezone: UTC", "timezone: UTC\n    holidays: [{ical: days.ics}]", 1)
	if err := os.WriteFile(cfg.Policy, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(want doctor.Verdict, detail string) {
		t.Helper()
		for _, f := range doctor.Run(t.Context(), cfg, slog.New(slog.DiscardHandler)) {
			if f.Check == "holidays" {
				if f.Verdict != want || !strings.Contains(f.Detail, detail) {
					t.Errorf("%+v, want %v %s", f, want, detail)
				}
				return
			}
		}
		t.Error("holidays were not checked")
	}
	check(doctor.Fail, "days.ics: open ")
	calendar := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR\n"
	if err := os.WriteFile(filepath.Join(folder, "days.ics"), []byte(strings.ReplaceAll(calendar, "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	check(doctor.OK, "calendars read: 1")
}
