package router

import (
	"encoding/json"
	"strings"
	"testing"
)

// attributeFacts are of an account whose attributes came as JSON.
func attributeFacts(t testing.TB, attributes string) Facts {
	t.Helper()
	f := Facts{Channel: "email", Message: MessageFacts{Subject: "Order EU-7"}}
	f.Account.Plan, f.Account.Tags = "enterprise", []string{"eu"}
	if err := json.Unmarshal([]byte(attributes), &f.Account.Attributes); err != nil {
		t.Fatal(err)
	}
	return f
}

const someAttributes = `{"arr": 60000, "seats": 5, "used": 5, "text": "50000", "region": "EU", "vip": true, "trial": false, "none": null,
	"products": ["shop", "api"], "orders": [{"price": 10}, {"name": "free"}, {"price": 3}], "contract": {"value": 9, "owner": {"name": "Ana"}}, "answer": "2h"}`

// A test of an attribute is false by itself.
func TestAttributes(t *testing.T) {
	for _, c := range []struct {
		when string
		want bool
		why  string // part of it; "-": none
	}{
		// Missing.
		{`account.attributes.x >= 5 or account.plan == "enterprise"`, true, "account.attributes.x is missing"},
		{`account.plan == "enterprise" or account.attributes.x >= 5`, true, "-"},
		{`account.attributes.x >= 5 and account.plan == "enterprise"`, false, "account.attributes.x is missing"},
		{`account.attributes.x < 5`, false, "account.attributes.x is missing"},
		{`not (account.attributes.x >= 5)`, true, "account.attributes.x is missing"},
		{`account.attributes.x == 5`, false, "missing"},
		{`account.attributes.x != 5`, true, "missing"},
		{`not (account.attributes.x == 5)`, true, "missing"},
		{`account.attributes.none == 5`, false, "account.attributes.none is missing"},
		{`account.attributes.x == account.attributes.y`, false, "missing"},
		{`account.attributes.x != account.attributes.y`, true, "missing"},
		{`account.attributes.x == nil`, true, "-"},
		{`account.attributes.arr != nil`, true, "-"},
		{`account.attributes["x"] >= 5 or channel == "email"`, true, "account.attributes.x is missing"},
		{`account.attributes.x in ["EU", "US"]`, false, "missing"},
		{`account.attributes.x not in ["EU", "US"]`, true, "missing"},
		{`"shop" in account.attributes.x`, false, "missing"},
		{`"shop" not in account.attributes.x`, true, "missing"},
		{`account.attributes.x contains "a"`, false, "missing"},
		{`account.attributes.x startsWith "a"`, false, "missing"},
		{`not (account.attributes.x endsWith "a")`, true, "missing"},
		{`account.attributes.x matches "(?i)eu" or channel == "email"`, true, "missing"},
		{`message.subject matches account.attributes.x`, false, "missing"},
		{`message.subject contains account.attributes.x`, false, "missing"},
		{`account.attributes.x * 2 >= 5 or channel == "email"`, true, "account.attributes.x is missing"},
		{`-account.attributes.x < 5`, false, "account.attributes.x is missing"},
		{`account.attributes.x + account.attributes.seats > 1`, false, "account.attributes.x is missing"},
		{`account.attributes.x + 1 != 5`, true, "missing"},
		{`(account.attributes.x ?? 0) < 5`, true, "-"},
		{`account.attributes.x`, false, "account.attributes.x is missing"},
		{`not account.attributes.x`, true, "missing"},
		{`account.attributes.x and channel == "email"`, false, "missing"},
		{`channel == "email" and account.attributes.x`, false, "missing"},
		{`account.attributes.x or channel == "email"`, true, "missing"},
		{`account.attributes.x ? false : true`, true, "missing"},
		{`lower(account.attributes.x) == "eu" or channel == "email"`, true, "account.attributes.x is missing"},
		{`len(account.attributes.x) < 5`, false, "missing"},
		{`any(account.attributes.x, {# == "shop"})`, false, "account.attributes.x is missing"},
		{`none(account.attributes.x, {# == "shop"})`, true, "missing"},
		{`account.attributes.x[1:] == "a"`, false, "missing"},
		{`stint.age > duration(account.attributes.x)`, false, "missing"},
		{`let x = account.attributes.x; x > 5 or channel == "email"`, true, "x is missing"},
		// Nested.
		{`account.attributes.contract.value >= 9`, true, "-"},
		{`account.attributes["contract"]["value"] >= 9`, true, "-"},
		{`account.attributes.contract.owner.name == "Ana"`, true, "-"},
		{`account.attributes.contract.x.name == "Ana" or channel == "email"`, true, "account.attributes.contract.x.name is missing"},
		{`account.attributes.x.y.z != "Ana"`, true, "account.attributes.x.y.z is missing"},
		{`account.attributes?.x?.y == "Ana" or channel == "email"`, true, "account.attributes.x.y is missing"},
		{`account.attributes.region.name == "Ana"`, false, "account.attributes.region.name is missing"},
		{`account.attributes.products[0] == "shop"`, true, "-"},
		{`account.attributes.products[7] == "shop" or channel == "email"`, true, "account.attributes.products[7] is missing"},
		{`account.attributes.x.y == nil`, true, "-"},
		// Another type.
		{`account.attributes.text >= 50000`, false, "account.attributes.text is text, not a number"},
		{`account.attributes.text == 50000`, false, "account.attributes.text is text, not a number"},
		{`account.attributes.text != 50000`, true, "account.attributes.text is text, not a number"},
		{`50000 <= account.attributes.text or channel == "email"`, true, "account.attributes.text is text, not a number"},
		{`account.attributes.arr == "60000"`, false, "account.attributes.arr is a number, not text"},
		{`account.attributes.arr contains "6"`, false, "account.attributes.arr is a number, not text"},
		{`account.attributes.arr matches "6"`, false, "account.attributes.arr is a number, not text"},
		{`account.attributes.products contains "shop"`, false, "account.attributes.products is a list, not text"},
		{`account.attributes.arr in ["60000"]`, false, "account.attributes.arr is a number"},
		{`"shop" in account.attributes.region`, false, "account.attributes.region is text, not a list"},
		{`5 in account.attributes.contract`, false, "not text"},
		{`account.attributes.region`, false, "account.attributes.region is text, not true or false"},
		{`account.attributes.region and true`, false, "not true or false"},
		{`account.attributes.region * 2 > 1`, false, "account.attributes.region is text, not a number"},
		{`account.attributes.vip > account.attributes.trial`, false, "has no order"},
		{`any(account.attributes.region, {# == "E"})`, false, "account.attributes.region is text, not a list"},
		{`lower(account.attributes.arr) == "a" or channel == "email"`, true, "lower"},
		{`stint.age >= account.attributes.answer`, false, "not"},
		{`message.subject matches account.attributes.region + "("`, false, "regular expression"},
		// Present.
		{`account.attributes.arr >= 50000`, true, "-"},
		{`account.attributes["arr"] > 60000`, false, "-"},
		{`50000 < account.attributes.arr`, true, "-"},
		{`account.attributes.seats == account.attributes.used`, true, "-"},
		{`account.attributes.seats < account.attributes.arr`, true, "-"},
		{`account.attributes.seats == 5 and account.attributes.seats == 5.0`, true, "-"},
		{`account.attributes.region in ["EU", "US"]`, true, "-"},
		{`account.attributes.region in ["US"]`, false, "-"},
		{`"shop" in account.attributes.products`, true, "-"},
		{`"value" in account.attributes.contract`, true, "-"},
		{`"eu" in account.tags and account.attributes.vip`, true, "-"},
		{`account.attributes.vip and not account.attributes.trial`, true, "-"},
		{`account.attributes.vip == true`, true, "-"},
		{`account.attributes.region matches "(?i)^eu$"`, true, "-"},
		{`message.subject matches account.attributes.region + "-\\d"`, true, "-"},
		{`message.subject contains account.attributes.region`, true, "-"},
		{`account.attributes.arr / account.attributes.seats == 12000`, true, "-"},
		{`account.attributes.seats % 2 == 1 and 2 ** account.attributes.seats == 32`, true, "-"},
		{`account.attributes.seats * 1h > 4h`, true, "-"},
		{`lower(account.attributes.region) == "eu" and len(account.attributes.products) == 2`, true, "-"},
		{`any(account.attributes.products, {# startsWith "ap"})`, true, "-"},
		{`any(account.attributes.orders, {.price < 5})`, true, ".price is missing"}, // one without a price hides no other
		{`count(account.attributes.orders, {.price > 1}) == 2`, true, ".price is missing"},
		{`account.attributes.products[:1] == ["shop"]`, true, "-"},
		{`duration(account.attributes.answer) == 2h`, true, "-"},
		{`account.attributes.vip ? account.attributes.arr > 5 : false`, true, "-"},
	} {
		k, problems := compileCondition(c.when, nil, nil)
		if len(problems) > 0 {
			t.Errorf("%s: %v", c.when, problems)
			continue
		}
		var remarks []string
		f := attributeFacts(t, someAttributes)
		f.remarks = &remarks
		got, err := k.holds(&f)
		why := strings.Join(remarks, "; ")
		if err != nil || got != c.want || c.why == "-" && why != "" || c.why != "-" && !strings.Contains(why, c.why) {
			t.Errorf("%s: %v, %v, %q; want %v, %q", c.when, got, err, why, c.want, c.why)
		}
	}
}

// Names and types that are wrong whatever the attributes are remain errors of check.
func TestAttributesStillChecked(t *testing.T) {
	for _, when := range []string{
		`account.attribute.arr > 5`, `acount.attributes.arr > 5`, `account.attributes.arr > 5 and tier == "x"`,
		`account.attributes.region matches "("`, `tier + account.attributes.x contains 5 and`, `account.plan > 5 or account.attributes.x`,
	} {
		if _, problems := compileCondition(when, nil, nil); len(problems) == 0 {
			t.Errorf("%s compiles", when)
		}
	}
}

func TestExplainNamesMissingAttributes(t *testing.T) {
	p := compileFile(t, "default.yaml")
	f := attributeFacts(t, `{"arr": "60000"}`)
	if got := p.SegmentOf(f); got != "enterprise" {
		t.Errorf("plan enterprise is in segment %q", got)
	}
	if s := p.Explain(f)[0]; !s.Matched || s.Why != "account.attributes.arr is text, not a number" {
		t.Errorf("%+v", s)
	}
	f.Account.Plan, f.Account.Attributes = "business", nil
	if got := p.SegmentOf(f); got != "business" {
		t.Errorf("plan business is in segment %q", got)
	}
	if s := p.Explain(f)[0]; s.Matched || s.Why != "account.attributes.arr is missing" {
		t.Errorf("%+v", s)
	}
}

// A condition never fails for its attributes, and `!=` is the opposite of `==`.
func FuzzAttributes(f *testing.F) {
	operators := []string{"==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith", "matches", "+", "-", "*", "/", "%", "**"}
	operands := []string{"account.attributes.a", `account.attributes["b"]`, "account.attributes.a.b", "5", `"text"`, `["x", 5]`, "account.tags",
		"message.subject", "stint.age", "true", "2h", "lower(account.attributes.b)", "account.attributes.a[0]", "-account.attributes.b", "calendar"}
	for op := range operators {
		f.Add(uint8(op), uint8(op), uint8(op+1), `{"a": {"b": "x"}, "b": -1.5}`)
	}
	f.Fuzz(func(t *testing.T, op, left, right uint8, attributes string) {
		var facts Facts
		if json.Unmarshal([]byte(attributes), &facts.Account.Attributes) != nil {
			return
		}
		l, r := operands[int(left)%len(operands)], operands[int(right)%len(operands)]
		if !strings.Contains(l+r, "attributes") {
			return
		}
		run := func(when string) (result, compiles bool) {
			k, problems := compileCondition(when, nil, nil)
			if len(problems) > 0 {
				return false, false
			}
			got, err := k.holds(&facts)
			if err != nil {
				t.Errorf("%s with %s: %v", when, attributes, err)
			}
			return got, true
		}
		o := operators[int(op)%len(operators)]
		run(l + " " + o + " " + r)
		run("(" + l + " " + o + " " + r + ") > 1")
		run("(" + l + " " + o + " " + r + `) or channel == "email"`)
		equal, ok := run(l + " == " + r)
		unequal, _ := run(l + " != " + r)
		if ok && equal == unequal {
			t.Errorf("%s and %s with %s are both equal and not", l, r, attributes)
		}
	})
}
