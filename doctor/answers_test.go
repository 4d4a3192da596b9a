package doctor_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchboard/config"
	"switchboard/desk"
	"switchboard/doctor"
	"switchboard/internal/article"
	"switchboard/internal/dbtest"
	"switchboard/router"
	"switchboard/store"
)

// TestAnswers: the articles that the policy answers with have to be published.
func TestAnswers(t *testing.T) {
	t.Parallel()
	cfg := config.Defaults()
	cfg.Addr, cfg.DB.URL, cfg.Policy = "127.0.0.1:0", dbtest.New(t), filepath.Join(t.TempDir(), "policy.yaml")
	cfg.Mail.Addresses = []string{"support@desk.example"}
	document := strings.Replace(string(router.Default), "set: {inbox: billing", "set: {answer: get-a-refund, inbox: billing", 1)
	if err := os.WriteFile(cfg.Policy, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(want doctor.Verdict, detail string) {
		t.Helper()
		for _, f := range doctor.Run(t.Context(), cfg, slog.New(slog.DiscardHandler)) {
			if f.Check == "articles" {
				if f.Verdict != want || !strings.Contains(f.Detail, detail) {
					t.Errorf("%+v, want %v %s", f, want, detail)
				}
				return
			}
		}
		t.Error("articles were not checked")
	}
	check(doctor.Warn, "there is no article get-a-refund that is published")
	st, err := store.Open(t.Context(), store.Options{DSN: cfg.DB.URL, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	by := desk.Agent{Name: "Ana", Email: "ana@desk.example", Admin: true}
	if by.ID, err = st.SaveAgent(t.Context(), by, ""); err != nil {
		t.Fatal(err)
	}
	a := article.Article{ID: desk.NewID[desk.ArticleID](), Slug: "get-a-refund", Language: "en", Title: "Get a refund", Text: "Ask us.", Public: true, Status: desk.ArticleDraft}
	if err := st.CreateArticle(t.Context(), by, a); err != nil {
		t.Fatal(err)
	}
	check(doctor.Warn, "get-a-refund")
	if err := st.PublishArticle(t.Context(), by, a.ID, 0, func(*article.Article) error { return nil }); err != nil {
		t.Fatal(err)
	}
	check(doctor.OK, "articles that the policy answers with: 1")
}
