# SPDX-License-Identifier: Apache-2.0
"""picture.py — groups of bars with their spread, as SVG."""
from xml.sax.saxutils import escape

COLOURS = {"postern": "#1b6ca8", "postfix": "#c8553d", "opensmtpd": "#8a9a5b", "haraka": "#b08ea2", "generator alone": "#999999"}
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 860, 400, 70, 50, 60


def nice_top(most):
    step = 10 ** (len(str(int(most))) - 1) if most >= 1 else 10 ** -len(str(int(1 / max(most, 1e-9))))
    return next(step * factor for factor in (1, 2, 3, 4, 5, 6, 8, 10, 20) if step * factor >= most)


def bars(path, title, unit, rows):
    """rows: [(label, {name: (median, least, most)})]."""
    names = list(dict.fromkeys(name for _, values in rows for name in values))
    top = nice_top(max((value[2] for _, values in rows for value in values.values()), default=1))
    wide = (WIDTH - LEFT - 20) / max(1, len(rows))
    bar = wide * 0.8 / max(1, len(names))

    def y_of(value):
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', f'<text x="{LEFT}" y="20" font-size="15">{escape(title)}</text>',
           f'<text x="{LEFT}" y="38" fill="#555">{escape(unit)}; bars: median, lines: least and most</text>']
    for i in range(5):
        value = top * i / 4
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y_of(value):.1f}" y2="{y_of(value):.1f}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 8}" y="{y_of(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for at, (label, values) in enumerate(rows):
        begin = LEFT + at * wide + wide * 0.1
        out.append(f'<text x="{begin + wide * 0.4:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{escape(label)}</text>')
        for place, name in enumerate(names):
            if name not in values:
                continue
            median, least, most = values[name]
            x = begin + place * bar
            out.append(f'<rect x="{x:.1f}" y="{y_of(median):.1f}" width="{bar * 0.9:.1f}" height="{y_of(0) - y_of(median):.1f}" '
                       f'fill="{COLOURS.get(name, "#444")}"/><line x1="{x + bar * 0.45:.1f}" x2="{x + bar * 0.45:.1f}" '
                       f'y1="{y_of(most):.1f}" y2="{y_of(least):.1f}" stroke="black"/>')
    for place, name in enumerate(names):
        x = LEFT + place * 150
        out.append(f'<rect x="{x}" y="{HEIGHT - 26}" width="12" height="12" fill="{COLOURS.get(name, "#444")}"/>'
                   f'<text x="{x + 17}" y="{HEIGHT - 16}">{escape(name)}</text>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n</svg>\n")
