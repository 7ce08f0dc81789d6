"""The style of the reference page, and its script. Both are in the page itself."""

import base64
import hashlib
from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--soft:#f3f5f7;--line:#d5dae0;--dim:#59636e;--link:#0a58ca}
@media(prefers-color-scheme:dark){:root{--fg:#e6e9ed;--bg:#14171a;--soft:#1e2226;--line:#363c43;--dim:#9aa4af;
--link:#7db3ff}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg)}
a{color:var(--link)}
nav{position:fixed;inset:0 auto 0 0;width:19rem;overflow:auto;padding:1rem;background:var(--soft);font-size:.875rem;
border-right:1px solid var(--line)}
nav ul{list-style:none;margin:0 0 .75rem;padding:0}nav a{text-decoration:none}nav li{padding:.1rem 0}
nav h2{font-size:.875rem;margin:.75rem 0 .25rem}
main{margin-left:19rem;padding:1rem 2rem 4rem;max-width:62rem}
section.operation{border-top:1px solid var(--line);padding-top:.5rem;margin-top:2rem}
h2.tag{margin-top:3rem}
a.self{color:inherit;text-decoration:none}
a.self:hover::after{content:" #";color:var(--dim)}
h3 code{font-size:1rem;word-break:break-all}
.method{font:700 .75rem ui-monospace,monospace;padding:.1rem .35rem;border:1px solid var(--line);border-radius:.25rem}
pre{background:var(--soft);padding:.75rem;overflow:auto;border-radius:.25rem;font-size:.8125rem}
table{border-collapse:collapse;width:100%;font-size:.875rem;margin:.5rem 0 1rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}
.dim{color:var(--dim)}
#menu,.open{display:none}
#filter{width:100%;padding:.4rem .5rem;font:inherit;color:inherit;background:var(--bg);border:1px solid var(--line);
border-radius:.25rem;margin-bottom:.5rem}
nav .method{flex:none;width:3.1rem;text-align:center;font-size:.5625rem;padding:.1rem 0;margin-right:.4rem;
color:var(--dim);vertical-align:middle}
nav li{display:flex;align-items:baseline}
a:target,section:target h3{background:var(--soft)}
:target{scroll-margin-top:1rem}
td:first-child{white-space:nowrap}
.wide{overflow-x:auto}
@media(max-width:52rem){nav{position:static;width:auto;border:0;padding:.75rem 1rem}main{margin:0;padding:0 1rem 4rem}
nav .entries{display:none}#menu:checked~.entries{display:block}
.open{display:block;cursor:pointer;font-weight:700}.open::before{content:"\\2630\\00a0"}
pre{white-space:pre-wrap;word-break:break-word}}
"""

# Shows the filter, which needs the script, and hides what does not contain the typed text.
SCRIPT: Final = """
const box = document.getElementById("filter");
const all = [...document.querySelectorAll("section[data-text], nav li[data-text]")];
box.hidden = false;
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  if (words.length) document.getElementById("menu").checked = true;
  for (const each of all) each.hidden = !words.every(word => each.dataset.text.includes(word));
});
document.addEventListener("keydown", event => {
  if (event.key === "/" && event.target !== box) { event.preventDefault(); box.focus(); }
});
"""

_DIGEST: Final = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_DIGEST}'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'none'"
)
"""What a browser may do with the page: run its one script, and nothing else."""
