#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual says what is there: every function of the header has a page with the same
# prototype, every example compiles, the options of a page are those of --help.
. "${0%/*}/lib.sh"

man=$CG_SRC/doc/man
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# python QUESTION CASE [ARG...]: a case; the function QUESTION below prints the violations
python()
{
	command -v python3 > "$tmp/which" || { skip "$2" "python3 is not installed"; return; }
	verdict "$2" "$(python3 - "$1" "$CG_SRC" "$tmp" "${@:3}" 2>&1 <<'PY'
import os, re, subprocess, sys

question, src, tmp = sys.argv[1:4]
rest = sys.argv[4:]
man = src + "/doc/man/"
read = lambda p: open(p, encoding="utf-8").read()
pages = {f: read(man + f) for f in sorted(os.listdir(man))}
real = {f: t for f, t in pages.items() if not t.startswith(".so ")}

def plain(roff):
    """Text of roff, without fonts and macros."""
    out = []
    for line in roff.split("\n"):
        if re.match(r"\.(B|I|BR|BI|IR|RB|RI|IB|TP|TQ|PP|nf|fi|EX|EE|SH|SS|IP|TH)\b", line):
            macro, _, line = line.partition(" ")
            parts = [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', line)]
            line = ("" if len(macro) == 3 else " ").join(parts)
        elif line.startswith(('."', '.\\"')):
            continue
        out.append(re.sub(r"\\f[PBIR]", "", line).replace("\\-", "-").replace("\\&", ""))
    return "\n".join(out)

def section(text, name):
    m = re.search(r"^\.SH \"?" + name + r"\"?\n(.*?)(?=^\.SH |\Z)", text, re.S | re.M)
    return m.group(1) if m else ""

def prototypes(text):
    text = re.sub(r"/\*.*?\*/|^#.*?$", "", text, flags=re.S | re.M)
    return {m.group(2): re.sub(r"\s+", "", m.group(0))
            for m in re.finditer(r"((?:const )?[a-z]+(?: [a-z_]+)?[ *]+)(cg_\w+)\([^;]*?\);", text)}

header = prototypes(read(src + "/include/libcg/cg.h"))
codes = lambda text: set(re.findall(r"-(E[A-Z]+[0-9]*)\b", plain(text)))

def functions():
    if len(header) < 20:
        print("the header's functions were not found")
    for name in header:
        text = pages.get(name + ".3", "")
        m = re.match(r"\.so man3/(\w+\.3)\n$", text)
        page = pages.get(m.group(1), "") if m else text
        if not page:
            print(f"{name}: no page")
            continue
        if not re.search(r"\b" + name + r"\b", plain(section(page, "NAME")).split(" - ")[0]):
            print(f"{name}: not under NAME of its page")
        said = prototypes(plain(section(page, "SYNOPSIS"))).get(name)
        if said != header[name]:
            print(f"{name}: the page says {said}, the header {header[name]}")
    for f in pages:
        if f.endswith(".3") and f[:-2] not in header:
            print(f"{f}: no such function")

def skeleton():
    need = ["NAME", "SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "EXAMPLE", "VERSIONS", "SEE ALSO"]
    for f, t in real.items():
        if not f.endswith(".3"):
            continue
        got = re.findall(r"^\.SH (.*)$", t, re.M)
        if got != need:
            print(f"{f}: has the sections {', '.join(got)}")
        if "Link with -lcg" not in re.sub(r"\s+", " ", plain(t)):
            print(f"{f}: does not say what to link with")
        value = section(t, "RETURN VALUE")
        if not codes(value) and "no error of its own" not in value:
            print(f"{f}: no code under RETURN VALUE")

def listed():
    names = set(re.findall(r"%D%/man/(\S+)", read(src + "/doc/local.mk")))
    for f in sorted(names ^ set(pages)):
        print(f"{f}: " + ("no such page" if f in names else "not in doc/local.mk"))

def links():
    for f, t in real.items():
        for name, sec in re.findall(r"^\.BR (\S+) \((\d)\)", t, re.M):
            ours = name.startswith(("cg_", "cgtool", "cgrun", "libcg")) and f"{name}.{sec}"
            if ours and ours not in pages:
                print(f"{f}: refers to {ours}")

def known_codes():
    known = codes(pages["cg_errors.7"])
    text = read(src + "/libcg/base/err.c")
    body = text[text.index("int cgi_result("):]
    passed = set(re.findall(r"case -(E[A-Z]+):", body[:body.index("default:")]))
    passed -= {"EACCES", "EROFS", "ENFILE"}     # these become EPERM and EMFILE
    for c in sorted(known ^ passed):
        print(f"{c}: " + ("not a code of the library" if c in known else "not in cg_errors.7"))
    for f, t in real.items():
        for c in sorted(codes(t) - known):
            print(f"{f}: {c} is not in cg_errors.7")

def examples():
    for f, t in real.items():
        found = re.findall(r"^\.\\\" example.*\n\.EX\n(.*?)^\.EE$", t, re.S | re.M)
        if f.endswith(".3") and not found:
            print(f"{f}: no example")
        for i, code in enumerate(found):
            code = code.replace("\\e", "\\").replace("\\-", "-").replace("\\&", "")
            name = f"{tmp}/{f}.{i}.c"
            open(name, "w").write(code)
            r = subprocess.run(rest + ["-I", src + "/include", "-fsyntax-only", name],
                               capture_output=True, text=True)
            if r.returncode:
                print(f"{f}: " + r.stderr.strip().replace(tmp, "").split("\n")[0])

def help_options(program, verb=None):
    r = subprocess.run([program] + ([verb] if verb else []) + ["--help"],
                       capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=20)
    block = r.stdout.partition("\nOPTIONS:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^  (?:-(\w), |    )--([\w-]+)", block, re.M)
    return r, {"--" + n for _, n in found} | {"-" + s for s, _ in found if s}

def page_options(text):
    found = set()
    for m in re.finditer(r"^\.T[PQ]\n(.*)$", text, re.M):
        found |= set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", plain(m.group(1))))
    return found

def differ(where, page, program):
    for o in sorted(page ^ program):
        print(f"{where} {o}: " + ("the program has no such option" if o in page else "not in the page"))

def options():
    program, page = rest[0], pages[rest[1]]
    r, found = help_options(program)
    differ("", page_options(section(page, "OPTIONS")), found)
    commands = r.stdout.partition("\nCOMMANDS:\n")[2].partition("\n\n")[0]
    verbs = set(re.findall(r"^  ([\w-]+) ", commands, re.M)) - {"help"}
    parts = re.split(r"^\.SS (.*)\n", section(page, "COMMANDS"), flags=re.M)[1:]
    told = {h.strip('"').split()[0]: text for h, text in zip(parts[::2], parts[1::2])}
    if len(verbs) < 5:
        print("the commands were not found in --help")
    for v in sorted(verbs ^ set(told)):
        print(f"{v}: " + ("not in the page" if v in verbs else "the program has no such command"))
    for v in sorted(verbs & set(told)):
        differ(v, page_options(told[v]), help_options(program, v)[1])

globals()[question]()
PY
)"
}

python functions "every function has a page with its prototype"
python skeleton "every page has the same sections"
python listed "doc/local.mk lists every page"
python links "pages refer to pages that are there"
python known_codes "every code is in cg_errors.7, and the library has those"
python examples "every example compiles" "${CC:-cc}" -std=gnu11 -Wall -Wextra -Werror
# The program of libcg(7), as it was extracted above.
if [ ! -e "$tmp/libcg.7.0.c" ]; then
	skip "the program of libcg(7) links" "python3 is not installed"
elif [ "$CG_PLAIN" = 1 ]; then
	check "the program of libcg(7) links" "${CC:-cc}" -std=gnu11 -o "$tmp/leash" "$tmp/libcg.7.0.c" \
		-I"$CG_SRC/include" -L"$CG_BUILD/libcg/.libs" -lcg -Wl,-rpath,"$CG_BUILD/libcg/.libs"
	said=$("$tmp/leash" sh -c 'sleep 30 > /dev/null 2>&1 & exit 3' 2>&1)
	status=$?
	if [ $status = 3 ] && [ "$said" = "somebody may have been missed" ]; then
		skip "and ends what its command leaves behind" "no group can be made here: known weakly"
	elif [ $status = 3 ] && [[ $said == "1 left behind, ended by "?* ]]; then
		pass "and ends what its command leaves behind"
	else
		fail "and ends what its command leaves behind" "exit status $status: $said"
	fi
else
	skip "the program of libcg(7) links" "a sanitized library cannot be loaded by a plain program"
fi
python options "cgtool.8 and --help agree" "$CG_BIN/cgtool" cgtool.8
if [ "$CG_RUNTIME" = 1 ]; then
	python options "cgrun.8 and --help agree" "$CG_BIN/cgrun" cgrun.8
else
	skip "cgrun.8 and --help agree" "cgrun was not built"
fi

bad=
for page in "$man"/*; do
	bad+=$(cd "$CG_SRC/doc" && { read -r first < "$page"; [ "${first#.so }" = "$first" ]; } &&
		groff -man -Tutf8 -ww -z "$page" 2>&1)
done
if command -v groff > "$tmp/which"; then
	verdict "groff has nothing to complain of" "$bad"
else
	skip "groff has nothing to complain of" "no groff here"
fi
tap_done
