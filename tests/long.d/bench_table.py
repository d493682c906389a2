"""The figures of tests/long.d/bench.sh as a table, and which of them are what they must be."""

import json
import pathlib
import sys

folder, skipped = pathlib.Path(sys.argv[1]), int(sys.argv[2])
stores = [store for store in ("sqlite", "postgres", "mariadb") if list(folder.glob(f"{store}.*.json"))]


def read(store, name):
    file = folder / f"{store}.{name}.json"
    return json.loads(file.read_text()) if file.exists() else []


def load(figure):
    return "file" if figure["file"] else str(figure["callers"])


passed = failed = reached = 0


def expect(what, value, bound, at_least=True):
    """Tells whether an aim is reached. What fails is a figure that did not come: how fast a machine is is no test."""
    global passed, failed, reached
    good = value is not None and (value >= bound if at_least else value <= bound)
    passed, failed, reached = passed + (value is not None), failed + (value is None), reached + good
    shown = "no figure" if value is None else f"{value:.2f}"
    print(f"{'ok    ' if good else 'MISSED'} {what}: {shown}, {'at least' if at_least else 'at most'} {bound}")


print("| store | workload | callers | triggers/s | of serial floor | of batched floor | p50 / p95 / p99 ms | statements | commits | CPU s / 1000 | MB | log bytes | repeated |")
print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
for store in stores:
    for figure in read(store, "callers") + read(store, "file"):
        times = " / ".join("-" if figure[key] is None else f"{figure[key]:.1f}" for key in ("p50_ms", "p95_ms", "p99_ms"))
        print(
            f"| {store} | {figure['workload'].split('-')[0]} | {load(figure)} | {figure['triggers_per_s']:.0f} | {figure['of_floor_serial']:.2f} "
            f"| {figure['of_floor_batched']:.2f} | {times} | {figure['statements_per_trigger']:.2f} | {figure['commits_per_trigger']:.3f} "
            f"| {figure['cpu_s_per_1000'] or 0:.3f} | {figure['peak_rss_mb'] or 0:.0f} | {figure['log_bytes_per_trigger']:.0f} | {figure['repeated_share']:.3f} |"
        )
print()
for store in stores:
    for figure in read(store, "callers"):
        if figure["callers"] == 32:
            beyond = ", ".join(f"{left['table']} {left['rows_per_trigger']:.1f} rows {left['bytes_per_trigger']:.0f} bytes {left['share_of_time']:.0%} of the batched floor's time" for left in figure["beyond_topic_rows"])
            print(f"{store} {figure['workload']}, beyond topic rows: {beyond}")
print()
for store in stores:
    figures = {(figure["workload"].split("-")[0], load(figure)): figure for figure in read(store, "callers") + read(store, "file")}
    off = {(figure["workload"].split("-")[0], load(figure)): figure for figure in read(store, "off")}
    get = lambda key, name: figures[key][name] if key in figures else None
    for workload, serial, batched in (("w1", 0.9, 0.5), ("w2", 0.9, 0.5), ("w3", 1.0, 0.35)):
        expect(f"{store} {workload}, one caller, of the serial floor", get((workload, "1"), "of_floor_serial"), serial)
        best = [get((workload, many), "of_floor_batched") for many in ("32", "file")]
        best = [share for share in best if share is not None]
        expect(f"{store} {workload}, 32 callers or a file, of the batched floor", max(best, default=None), batched)
        for callers, most in (("1", 0.25), ("32", 0.45)):
            both = figures.get((workload, callers)), off.get((workload, callers))
            cost = 1 - both[0]["triggers_per_s"] / both[1]["triggers_per_s"] if all(both) else None
            expect(f"{store} {workload}, {callers} callers, what level monitor costs", cost, most, at_least=False)
    small, large = read(store, "growth-small"), read(store, "growth-large")
    if small and large:
        cost = large[0]["cpu_s_per_1000"] / small[0]["cpu_s_per_1000"]
        expect(f"{store} w2, processor time at {large[0]['prefill']} rows by that at {small[0]['prefill']}", cost, 1.1, at_least=False)
        expect(f"{store} w2, memory at {large[0]['prefill']} rows by that at {small[0]['prefill']}", large[0]["peak_rss_mb"] / small[0]["peak_rss_mb"], 1.25, at_least=False)

print(f"{reached} of {passed} aims reached")
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(failed > 0)
