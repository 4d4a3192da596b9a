package csvfile

import (
	"fmt"
	"strings"
	"testing"

	"switchboard/desk"
)

func TestRead(t *testing.T) {
	t.Parallel()
	rows, err := Read([]byte("\ufeffName;Domains;Tags;Attributes.ARR;attributes.number:string;attributes.trial;owner\r\n" +
		"\"Acme; Inc\";acme.example, acme.de;vip,beta;50000;0042;true;Ana@desk.example\r\n" +
		";;;;;;\r\n" +
		"\"Two\nlines\";;;1.5e3;7;no;\r\n" +
		"Zero;;;0042;;;\r\n"))
	if err != nil || len(rows) != 3 {
		t.Fatalf("%+v, %v", rows, err)
	}
	c := rows[0].Change
	if *c.Name != "Acme; Inc" || len(*c.Domains) != 2 || !c.AddDomains || len(*c.Tags) != 2 || c.Attributes["arr"] != 50000.0 || c.Attributes["number"] != "0042" ||
		c.Attributes["trial"] != true || rows[0].Owner != "ana@desk.example" || c.Plan != nil {
		t.Errorf("%+v", rows[0])
	}
	if rows[1].Line != 4 || rows[1].Change.Attributes["arr"] != 1500.0 || rows[1].Change.Attributes["trial"] != "no" || rows[1].Owner != "" {
		t.Errorf("%+v", rows[1])
	}
	if rows[2].Line != 6 || rows[2].Change.Attributes["arr"] != "0042" {
		t.Errorf("a number that begins with a zero: %+v", rows[2])
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "line 1: the file has no header with the names of the columns",
		"name,domian\n":               `line 1: column domian: is unknown: the columns are name, domains, plan, tags, owner, timezone, external_id and attributes.NAME; did you mean "domains"?`,
		"name,name\n":                 "line 1: column name: exists twice",
		"plan,tags\n":                 "line 1: one of the columns name, external_id and domains is required, to find the accounts",
		"name,attributes.ARR value\n": "line 1: column attributes.arr value: is not a valid name of an attribute: use lower-case letters, digits and underscores, beginning with a letter",
		"name,attributes.arr:float\n": `line 1: column attributes.arr:float: the type "float" must be one of string, number, bool`,
		"name\nAcme\n\"B\n":           "line 3: a quotation mark is missing, or not at the beginning or end of a cell: inside a quoted cell, write it twice",
		"name\nM\xfcller\n":           "line 2: the file is not UTF-8: export it as UTF-8",
		"name\n" + strings.Repeat("A\n", MaxRows+1): fmt.Sprintf("line %d: the file has more than %d lines: split it", MaxRows+2, MaxRows),
	} {
		if _, err := Read([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v\nwant %s", text, err, want)
		}
	}
	rows, err := Read([]byte("name,attributes.arr:number,attributes.vip:bool\nA,many,true\nB,1,maybe\nC,1,yes,4\n"))
	if err != nil || len(rows) != 3 {
		t.Fatal(err)
	}
	for i, want := range []string{`attributes.arr:number: "many" is not a number such as 50000 or 12.5`, `attributes.vip:bool: "maybe" is not true or false`,
		": has 4 cells, but the header has 3: quote cells that contain the separator"} {
		if p := rows[i].Problem; p == nil || p.Column+": "+p.Reason != want {
			t.Errorf("%+v, want %s", p, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("name;domains\nAcme;acme.example\n"))
	f.Add([]byte("name,attributes.arr:number\n\"A\"\"\",5\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := Read(text)
		if err != nil && desk.KindOf(err) != desk.KindInvalid {
			t.Error(err)
		}
		for i := range rows {
			rows[i].Change.Apply(&desk.Account{})
		}
	})
}
