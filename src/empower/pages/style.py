"""How a page looks: on a screen, light or dark, wide or narrow, and on paper; a card on a sheet of A6."""

STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6474; --paper: #fdfcf9; --sheet: #fff; --line: #e3e0d8; --warm: #9a4a12; --tint: #f6f1e7 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e6e1; --soft: #a3a8b3; --paper: #14171d; --sheet: #1b1f27; --line: #313743; --warm: #f0a868; --tint: #232833 }
}
* { box-sizing: border-box }
html { font-size: 100%; -webkit-text-size-adjust: 100% }
body {
  margin: 0; background: var(--paper); color: var(--ink); line-height: 1.55; hanging-punctuation: first;
  font-family: "Iowan Old Style", Charter, "Bitstream Charter", "Source Serif 4", Georgia, "DejaVu Serif", serif;
}
main { max-width: 42rem; margin: 0 auto; padding: 3rem 1.25rem 4rem }
h1, h2, .kicker, .small, th, footer { font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif }
h1 { margin: 0; font-size: clamp(1.9rem, 6vw, 2.75rem); line-height: 1.1; letter-spacing: -.02em }
h2 { margin: 2.75rem 0 .75rem; font-size: 1.05rem; font-weight: 650; color: var(--warm) }
p { margin: 0 }
.kicker { font-size: .75rem; font-weight: 600; letter-spacing: .09em; text-transform: uppercase; color: var(--soft); margin-bottom: .5rem }
header .lead { margin-top: .9rem; font-size: 1.25rem; line-height: 1.4; font-style: italic; color: var(--soft) }
section > .lead { margin-bottom: .75rem; color: var(--soft) }
.items { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line) }
.items > li { padding: .8rem 0; border-bottom: 1px solid var(--line); break-inside: avoid; overflow-wrap: break-word }
ol.items { counter-reset: item }
ol.items > li { counter-increment: item; padding-left: 2rem; position: relative }
ol.items > li::before { content: counter(item); position: absolute; left: 0; color: var(--warm); font-weight: 650; font-variant-numeric: tabular-nums }
.items.plain { border-top: 0 }
.items.plain > li { padding: .2rem 0; border-bottom: 0 }
.short { display: flex; gap: 1rem; justify-content: space-between; align-items: baseline }
.short b { white-space: nowrap; font-size: 1.15em; font-weight: 700; font-variant-numeric: tabular-nums; color: var(--warm) }
.short + .after { font-size: .9em; color: var(--soft) }
strong { font-weight: 650 }
table { width: 100%; border-collapse: collapse; margin: .5rem 0; font-variant-numeric: tabular-nums }
th { text-align: left; font-weight: 500; font-size: .9rem; color: var(--soft) }
th, td { padding: .28rem 0; vertical-align: baseline }
th { padding-right: 1.5rem; width: 40% }
tr + tr > * { border-top: 1px dotted var(--line) }
.lines { margin: .4rem 0; padding-left: 1.1rem }
.lines li { padding: .1rem 0 }
.lines li::marker { color: var(--warm) }
.after { color: inherit }
.quote { margin-top: .35rem; padding-left: .85rem; border-left: 3px solid var(--line); font-style: italic; color: var(--soft) }
.small { margin-top: .4rem; font-size: .8rem; color: var(--soft) }
.shadow > p:first-child::before { content: "in shadow "; font-size: .75rem; color: var(--warm) }
code { font-size: .72rem; padding: .1em .4em; border-radius: .3em; background: var(--tint); white-space: nowrap }
code { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace }
footer { margin-top: 2.5rem; font-size: .8rem; color: var(--soft) }

.card main { max-width: 26rem; padding: 1.5rem 1.25rem; margin: 1.5rem auto; font-size: .93rem; line-height: 1.42 }
.card main { background: var(--sheet); border: 1px solid var(--line); border-radius: 1rem }
.card h1 { font-size: 1.7rem }
.card header .lead { font-size: .95rem; margin-top: .4rem }
.card h2 { margin: 1.2rem 0 .2rem; font-size: .78rem; letter-spacing: .04em }
.card .items > li { padding: .4rem 0 }
.card .quote { margin-top: .2rem }
.card footer { margin-top: 1.2rem; font-size: .7rem }
@media (max-width: 480px) {
  main { padding: 2rem 1.1rem 3rem }
  th { width: 50%; padding-right: .8rem }
  .card main { margin: 0 auto; border: 0; border-radius: 0; min-height: 100vh }
}
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --sheet: #fff; --line: #bbb; --warm: #000; --tint: #eee }
  body { font-size: 10.5pt }
  main { max-width: none; padding: 0 }
  main + main { break-before: page }
  h2 { break-after: avoid; margin-top: 1.6rem }
  .card main { margin: 0; padding: 0; border: 0; font-size: 6.4pt; line-height: 1.24 }
  .card h1 { font-size: 13pt }
  .card h2 { font-size: 6.4pt; margin: .55em 0 .05em }
  .card header .lead { font-size: 7pt }
  .card .items > li { padding: .16em 0 }
  .card li > p:not(.short), .card .lines, .card .lines li { display: inline; margin: 0; padding: 0; border: 0 }
  .card .lines li::before { content: " – " }
  .card .quote { font-size: .95em }
  .card ol.items > li { padding-left: 1.4em }
  .card .short b { font-size: 1em }
  .card .kicker, .card footer { font-size: 5.5pt; margin: 0 }
}
@page { margin: 18mm 20mm }
"""
CARD_SHEET = "@page { size: A6; margin: 5mm }"
"""What is added to the style of cards: their sheet of paper."""
