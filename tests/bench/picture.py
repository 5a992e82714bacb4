# SPDX-License-Identifier: Apache-2.0
"""picture.py — groups of bars with their spread, and curves, as SVG."""
import math
from xml.sax.saxutils import escape

COLOURS = {"postern": "#1b6ca8", "postfix": "#c8553d", "opensmtpd": "#8a9a5b", "haraka": "#b08ea2", "bogofilter": "#c8553d", "crm114": "#8a9a5b", "generator alone": "#999999"}
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


def curves(path, title, unit, lines):
    """lines: {name: [(x, y)]}; y by its logarithm."""
    points = [point for line in lines.values() for point in line]
    most_x = max((x for x, _ in points), default=1)
    ends = [max(y, 0.001) for _, y in points] or [0.001]
    low, high = math.floor(math.log10(min(ends))), math.ceil(math.log10(max(ends)))
    high += high == low

    def place(x, y):
        share = (math.log10(max(y, 10 ** low)) - low) / (high - low)
        return f"{LEFT + (WIDTH - LEFT - 20) * x / most_x:.1f},{TOP + (HEIGHT - TOP - BOTTOM) * (1 - share):.1f}"

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', f'<text x="{LEFT}" y="20" font-size="15">{escape(title)}</text>',
           f'<text x="{LEFT}" y="38" fill="#555">{escape(unit)}; to the right: messages</text>']
    for power in range(low, high + 1):
        y = place(0, 10 ** power).split(",")[1]
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y}" y2="{y}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 8}" y="{float(y) + 4:.1f}" text-anchor="end">{10.0 ** power:g}</text>')
    for at, (name, line) in enumerate(lines.items()):
        x, colour = LEFT + at * 150, COLOURS.get(name, "#444")
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(place(*point) for point in line)}"/>'
                   f'<rect x="{x}" y="{HEIGHT - 26}" width="12" height="12" fill="{colour}"/>'
                   f'<text x="{x + 17}" y="{HEIGHT - 16}">{escape(name)}</text>')
    out.append(f'<text x="{WIDTH - 20}" y="{HEIGHT - BOTTOM + 18}" text-anchor="end">{most_x}</text>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n</svg>\n")
