"""Articles a second of `briefing.ray` on one node and on two, as processes of this machine (needs the extra ray).

    python benchmarks/ray_nodes.py [--rows 600] [--rounds 3]

A node has one actor, which has 4 calls under way; the fake server, which runs beside it all, answers each after 400 ms: so a node can make 10 articles a
second, and computes for a small part of that time. Two nodes of one machine share its cores: this shows whether the work is divided evenly and
without waiting, not what two machines compute. The first quarter of the rows, in which the actors start, does not count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

from briefing.testing import FakeModel

LATENCY, IN_FLIGHT, BATCH = 0.4, 4, 8


def rate(nodes: int, rows: int, url: str) -> float:
    """Return the articles a second on a new cluster with so many nodes."""
    import ray
    from ray.cluster_utils import Cluster

    from briefing.ray import summarize_dataset

    node = {"num_cpus": 3, "object_store_memory": 100 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args={"include_dashboard": False, **node})
    for _ in range(nodes - 1):
        cluster.add_node(**node)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        articles = [
            {"text": f"The council closed bridge {number} on Monday. “We had no choice,” said Maren Holt."}
            for number in range(rows)
        ]
        ds = ray.data.from_items(articles, override_num_blocks=rows // BATCH)
        made = summarize_dataset(
            ds,
            actors=nodes,
            num_cpus=2,  # of the three of a node: so each has one actor, and one core for Ray's reading
            batch_size=BATCH,
            max_concurrency=IN_FLIGHT,
            model="openai/fake",
            base_url=url,
            api_key="test",
        )
        done, begun = 0, 0.0
        for row in made.iter_rows():
            if row["error"] is not None:
                raise SystemExit(row["error"])
            done += 1
            if done == rows // 4:
                begun = time.perf_counter()
        return (done - rows // 4) / (time.perf_counter() - begun)
    finally:
        ray.shutdown()
        cluster.shutdown()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")
    rates: dict[int, list[float]] = {1: [], 2: []}
    with FakeModel(latency=LATENCY) as fake:
        for _ in range(options.rounds):
            for nodes, measured in rates.items():
                measured.append(rate(nodes, options.rows, fake.url))
    print("| nodes | articles/s | of one |")
    print("|---|---|---|")
    for nodes, measured in rates.items():
        ratio = statistics.median(two / one for two, one in zip(measured, rates[1], strict=True))
        print(f"| {nodes} | {statistics.median(measured):.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
